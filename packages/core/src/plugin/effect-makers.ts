import { eventLimits, isLink, LINK_EXPECTED, type LinkSchemes } from '@belfry/contracts'
import { ProblemList, sentenceOf, shown } from '@belfry/contracts/check'
import type { BelfryError, Problem } from '@belfry/contracts/errors'
import { coreErrors } from '../errors.ts'
import { coreLimits } from '../limits.ts'
import type { NotifyOptions, To } from './define-plugin.ts'
import { type ParametersForm, parametersOf } from './effect-parameters.ts'
import {
  audienceName,
  boundedJson,
  boundedString,
  type Findings,
  personId,
  profileOf,
  recipientsOf,
  textString,
  timeString,
} from './effect-values.ts'
import type { Effect, NotifyEffect, Priority, Recipients } from './effects.ts'

/** What the effects of a message need: what its parameters fill, and the defaults of its notifications. */
export interface MessageForm extends ParametersForm {
  readonly priority: Priority
  readonly category?: string
}

/** The effect makers at run time; their type for a plugin is `EffectMakers<M>`. */
export interface UntypedMakers {
  readonly notify: Readonly<Record<string, (to: To, parameters: unknown, options?: NotifyOptions) => Effect>>
  readonly withdraw: (key: unknown) => Effect
  readonly join: (people: To, audience: unknown, reason: { because: unknown; until?: unknown }) => Effect
  readonly leave: (audience: unknown, reason: { because: unknown; person?: unknown }) => Effect
  readonly endAudience: (audience: unknown) => Effect
  readonly profile: (person: unknown, profile: unknown) => Effect
  readonly erase: (person: unknown) => Effect
}

export interface MakerOptions {
  /** Called with each effect. */
  readonly made: (effect: Effect) => void
  /** Called in place of `made` with what stands for a notification that is invalid, and why it is. Without it, making one throws. */
  readonly invalid?: (unsent: NotifyEffect, problems: readonly Problem[]) => void
  /** The schemes that links may have; without it, any scheme that a configuration can name. */
  readonly links?: LinkSchemes
}

/**
 * Creates the effect makers of one plugin. They check every value, while the handler is still on the stack, so that applying an effect
 * cannot fail later; an invalid value throws EFFECT_INVALID with every problem. Only an invalid notification need not throw: then the
 * handler goes on, and what it keeps is kept.
 */
export function createMakers(
  messages: ReadonlyMap<string, MessageForm>,
  { made, invalid, links }: MakerOptions,
): UntypedMakers {
  const make = (name: string, build: (findings: Findings) => Effect): Effect => {
    const found = new ProblemList()
    const effect = build((path, message) => found.add(path, () => message))
    if (found.count > 0) throw effectInvalid(name, found.problems)
    made(effect)
    return effect
  }

  const notify: Record<string, (to: To, parameters: unknown, options?: NotifyOptions) => Effect> = {}
  for (const [message, form] of messages) {
    const unsent: NotifyEffect = {
      kind: 'notify',
      message,
      to: NO_RECIPIENTS,
      except: NO_RECIPIENTS,
      parameters: {},
      priority: form.priority,
    }
    const build = (to: To, parameters: unknown, options: NotifyOptions, findings: Findings): NotifyEffect => ({
      kind: 'notify',
      message,
      to: recipientsOf(to, 'to', findings),
      except: options.except ? exceptOf(options.except, findings) : NO_RECIPIENTS,
      parameters: parametersOf(parameters, form, findings),
      ...optionsOf(options, form, links, findings),
    })
    notify[message] = (to, parameters, options = {}) => {
      if (invalid === undefined)
        return make(`notify.${message}`, (findings) => build(to, parameters, options, findings))
      const found = new ProblemList()
      let effect = unsent
      try {
        effect = build(to, parameters, options, (path, problem) => found.add(path, () => problem))
      } catch (error) {
        // A value of plain JavaScript may throw when it is read.
        found.add(
          '',
          () => `cannot be made: ${error instanceof Error ? error.message : 'a value threw when it was read'}`,
        )
      }
      if (found.count === 0) made(effect)
      else {
        effect = { ...unsent }
        invalid(effect, found.problems)
      }
      return effect
    }
  }

  return {
    notify,
    withdraw: (key) =>
      make('withdraw', (findings) => ({ kind: 'withdraw', key: boundedString(key, 'key', 256, findings) })),
    join: (people, audience, reason) =>
      make('join', (findings) => ({
        kind: 'join',
        people: peopleOnly(recipientsOf(people, 'people', findings), findings),
        audience: audienceName(audience, findings),
        because: boundedString(reason?.because, 'because', 256, findings),
        ...(reason?.until !== undefined && { until: timeString(reason.until, 'until', findings) }),
      })),
    leave: (audience, reason) =>
      make('leave', (findings) => ({
        kind: 'leave',
        audience: audienceName(audience, findings),
        because: boundedString(reason?.because, 'because', 256, findings),
        ...(reason?.person !== undefined && { person: personId(reason.person, 'person', findings) }),
      })),
    endAudience: (audience) =>
      make('endAudience', (findings) => ({ kind: 'endAudience', audience: audienceName(audience, findings) })),
    profile: (person, profile) =>
      make('profile', (findings) => ({
        kind: 'profile',
        person: personId(person, 'person', findings),
        profile: profileOf(profile, findings),
      })),
    erase: (person) => make('erase', (findings) => ({ kind: 'erase', person: personId(person, 'person', findings) })),
  }
}

/** The error of an effect with these problems. */
export function effectInvalid(effect: string, problems: readonly Problem[]): BelfryError {
  return coreErrors.EFFECT_INVALID({ effect, problems: sentenceOf(problems) }, { problems })
}

const NO_RECIPIENTS: Recipients = { people: [], audiences: [] }

function exceptOf(except: To, findings: Findings): Recipients {
  const recipients = recipientsOf(except, 'except', findings)
  if (recipients.audiences.includes('everyone')) findings('except', 'is everyone, which leaves no recipients')
  return recipients
}

function peopleOnly({ people, audiences }: Recipients, findings: Findings): readonly string[] {
  if (audiences.length > 0)
    findings('people', 'contains an audience, expected people by id: an audience cannot be in another')
  return people
}

function optionsOf(options: NotifyOptions, form: MessageForm, links: LinkSchemes | undefined, findings: Findings) {
  const { key, link, data, expiresAt } = options
  const priority = options.priority ?? form.priority
  const category = options.category ?? form.category
  if (priority !== 'low' && priority !== 'normal' && priority !== 'high')
    findings('priority', `is ${shown(priority)}, expected low, normal or high`)
  return {
    priority,
    ...(category !== undefined && { category: textString(category, 'category', 64, 'line', findings) }),
    ...(key !== undefined && { key: boundedString(key, 'key', 256, findings) }),
    ...(link !== undefined && { link: linkOf(link, links, findings) }),
    ...(data !== undefined && { data: boundedJson(data, 'data', coreLimits.EFFECT_DATA.most, findings) }),
    ...(expiresAt !== undefined && { expiresAt: timeString(expiresAt, 'expiresAt', findings) }),
  }
}

/** A link that clients may open. */
function linkOf(link: unknown, links: LinkSchemes | undefined, findings: Findings): string {
  const text = boundedString(link, 'link', eventLimits.LINK.most, findings)
  if (text !== '' && !isLink(text, links)) findings('link', `is ${shown(text)}, expected ${LINK_EXPECTED}`)
  return text
}
