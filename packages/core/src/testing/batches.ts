import type { Effect, NotifyEffect, Recipients } from '../plugin/effects.ts'
import type { Render } from '../plugin/render.ts'
import type { Batch, Entry, Slice } from '../ports/batches.ts'
import type { DeadLetter } from '../ports/dead-letter.ts'
import type { Store } from '../ports/store.ts'

/** The time at which suites begin, in milliseconds since 1970. */
export const start = Date.parse('2026-05-01T08:00:00Z')

/** Renders message, parameters and reader, so that a suite can check what was rendered for which reader. */
export const renderPlainly: Render = ({ plugin, message, parameters }, reader) => ({
  title: `${plugin}.${message}${reader?.locale === undefined ? '' : ` in ${reader.locale}`}`,
  body: Object.values(parameters).join(' '),
})

/** Recipients from names: a name that begins with # is an audience. */
export const to = (...names: readonly string[]): Recipients => ({
  people: names.filter((name) => !name.startsWith('#')),
  audiences: names.filter((name) => name.startsWith('#')).map((name) => name.slice(1)),
})

/** A notify effect. */
export const notify = (
  names: string | readonly string[],
  more: Partial<NotifyEffect> & { text?: string } = {},
): Effect => {
  const { text = 'text', ...rest } = more
  const all = typeof names === 'string' ? [names] : names
  return {
    kind: 'notify',
    message: 'said',
    to: to(...all),
    except: to(),
    parameters: { text },
    priority: 'normal',
    ...rest,
  }
}

/** One event with the effects of plugin p. */
export interface Happening {
  readonly id: string
  readonly effects?: readonly Effect[]
  /** Minutes after `start`. */
  readonly minute?: number
  readonly deadLetters?: readonly DeadLetter[]
  /** Default: `suite.happened`. */
  readonly type?: string
  /** Default: its id. */
  readonly key?: string
  /** What stands for its type and data. */
  readonly content?: string
  /** Whether it could not be decoded as an event. */
  readonly unreadable?: boolean
}

/** One slice of these happenings. */
export function sliceOf(from: number, happenings: readonly Happening[], topic = 't'): Slice {
  const entries = happenings.map(
    ({ id, effects = [], minute = 0, deadLetters = [], unreadable = false, ...more }, index): Entry => {
      const time = new Date(start + minute * 60_000).toISOString()
      const { type = 'suite.happened', key = id, content } = more
      const event = { source: '/suite', id, type, time, key, ...(content !== undefined && { content }) }
      return { offset: from + index, ...(!unreadable && { event }), effects: [{ plugin: 'p', effects }], deadLetters }
    },
  )
  return { topic, partition: 0, from, next: from + happenings.length, entries }
}

/** A batch of these slices, at `start`. */
export const batchOf = (...slices: readonly Slice[]): Batch => ({ at: start, slices })

/** Applies happenings as one batch of topic t, from its position on. */
export async function happen(store: Store, ...happenings: readonly Happening[]) {
  const [position] = await store.positions.beginAt([{ topic: 't', partition: 0, next: 0 }])
  return store.batches.apply(batchOf(sliceOf(position?.next ?? 0, happenings)))
}
