import type { Audience, Contract, EventOf, Time, UserId } from '@belfry/contracts'
import type { Static, TObject } from 'typebox'
import type { Logger } from '../logger.ts'
import type { Effect, Priority, Profile } from './effects.ts'
import type { Checked, Messages, ParametersOf, Translation } from './messages.ts'

/** People by id and audiences, alone or in nested lists. Empty entries are skipped. */
export type To = UserId | Audience | readonly To[] | false | null | undefined

/** Options of a notification, beside its text. */
export interface NotifyOptions {
  /** People who are not notified, although they are named or in an audience. */
  readonly except?: To
  /** The name under which this plugin can withdraw it later. 1–256 characters. */
  readonly key?: string
  readonly priority?: Priority
  /** 1–64 characters. */
  readonly category?: string
  /**
   * The page that the client opens with the notification, at most 2,048 characters: a path that starts with one `/`, an address with
   * `https://` or `http://` and no user, or one of a scheme in `link_schemes`; without white space, control and direction characters.
   */
  readonly link?: string
  /** JSON for the client, at most 16 KiB. */
  readonly data?: Readonly<Record<string, unknown>>
  readonly expiresAt?: Time
}

/** `notify.<message>(to, parameters, options?)`: one notification per person, however many ways they are named. */
export type Notify<M> = {
  readonly [N in keyof M]: (to: To, parameters: ParametersOf<M[N]>, options?: NotifyOptions) => Effect
}

/** The effects that a handler can make; each does nothing until the handler returns it. */
export interface EffectMakers<M> {
  readonly notify: Notify<M>
  /** Removes this plugin's notifications with the key from every inbox, for good. */
  readonly withdraw: (key: string) => Effect
  /** Adds people to the audience for a reason, until a time or without end. */
  readonly join: (people: To, audience: Audience, reason: { readonly because: string; readonly until?: Time }) => Effect
  /** Ends a reason, for one person or for everyone who is in the audience for it. */
  readonly leave: (audience: Audience, reason: { readonly because: string; readonly person?: UserId }) => Effect
  /** Removes all people from the audience. */
  readonly endAudience: (audience: Audience) => Effect
  /** Replaces the profile that this person's messages are rendered with. */
  readonly profile: (person: UserId, profile: Profile) => Effect
  /** Deletes everything kept about a person. */
  readonly erase: (person: UserId) => Effect
}

/** The second argument of a handler: what it may use beside the event. */
export interface Context<M, Config> extends EffectMakers<M> {
  /** The plugin's settings, checked by its schema, with defaults. */
  readonly config: Config
  /** Aborts when the handler's time is up. */
  readonly signal: AbortSignal
  readonly logger: Logger
}

/** Effects in the order in which they apply. Nested lists are flattened; empty entries are skipped. */
export type Effects = readonly (Effect | Effects | false | null | undefined | '')[]

/** A function from an event to effects. An interface, so that the compiler's messages do not unfold it. */
export type Handler<Event, M, Config> = (event: Event, context: Context<M, Config>) => Effects | Promise<Effects>

/** An event as handlers get it: `time` is always present. */
export type Timed<Event> = Event & { readonly time: Time }

/** A handler for each contract among the plugin's events. Events without a handler are ignored. */
export type Handlers<Events, M, Config> = {
  readonly [N in keyof Events as Events[N] extends Contract ? N : never]?: Events[N] extends Contract
    ? Handler<Timed<EventOf<Events[N]>>, M, Config>
    : never
}

/** What all plugins have in common, whatever their messages and settings. */
export interface AnyPlugin {
  readonly id: string
  readonly config?: TObject
  readonly events: object
  readonly messages?: Messages
  readonly translations?: Readonly<Record<string, Translation<Messages>>>
  readonly on: Readonly<Record<string, ((event: never, context: never) => unknown) | undefined>>
}

/** A domain's plugin, as `definePlugin` checked it. `M` are its messages, `Config` its settings. */
export interface Plugin<M = Messages, Config = unknown> extends AnyPlugin {
  /** Never present at run time: it carries the types of messages and settings to `given` and `effectsOf`. */
  readonly types?: { readonly messages: M; readonly config: Config }
}

/**
 * Declares a plugin: its events, messages and handlers. All types are inferred, and a misspelt handler, field, setting, message or
 * parameter is a compile error with a suggestion. The plugin does nothing until a host runs it. What the compiler cannot check (ids, styles
 * of texts, settings) is checked at start, all at once.
 */
export function definePlugin<
  const Events extends object,
  // biome-ignore lint/complexity/noBannedTypes: the messages of a plugin that has none
  const M extends Messages = {},
  // biome-ignore lint/complexity/noBannedTypes: the settings of a plugin that has none
  Config extends TObject = TObject<{}>,
>(plugin: {
  /** Lower-case letters, digits and dashes; names the plugin in types (`<id>.<message>`), settings and dead letters. */
  readonly id: string
  readonly config?: Config
  /** Contracts by name; usually a domain: `import * as booking from '@belfry/contracts/booking'`. */
  readonly events: Events
  readonly messages?: M & Checked<M>
  /** By BCP 47 locale. */
  readonly translations?: { readonly [locale: string]: Translation<M> }
  readonly on: Handlers<Events, M, Static<Config>>
}): Plugin<M, Static<Config>> {
  // The handlers' own types are stronger than AnyPlugin's; dispatch calls each of them with its own event and context only.
  return plugin as Plugin<M, Static<Config>>
}
