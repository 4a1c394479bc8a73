import { coreErrors } from '../errors.ts'
import { INVALID_NOTIFICATION } from '../host/handler-result.ts'
import type { Host } from '../host/host.ts'
import type { RecordWatch } from '../host/watch.ts'
import type { Logger } from '../logger.ts'
import type { Entry } from '../ports/batches.ts'
import type { DeadLetters, KeptLetter, RetryResult } from '../ports/dead-letters.ts'
import { logDeadLetters } from './dead-letters.ts'
import { Decider } from './decide.ts'
import type { Envelopes } from './decode.ts'
import { onlyNotifying } from './records/notifying.ts'

export interface RetryOptions {
  readonly deadLetters: DeadLetters
  readonly host: Host
  readonly logger: Logger
  /** How topics of plain JSON are read, by topic. */
  readonly envelopes?: Envelopes
  /** Milliseconds since 1970. */
  readonly clock?: () => number
  /** Notified which record is being decoded. */
  readonly decoding?: RecordWatch
  /** Notified which record is on its way, from its decoding to the end of its transaction. */
  readonly alone?: RecordWatch
}

/**
 * Makes the function that retries a dead letter: its record is decoded and decided as it would be today, and applied; by its plugin alone
 * where it is the letter of one. However old the event is, it causes notifications: an operator has requested it.
 */
export function createRetry({
  deadLetters,
  host,
  logger,
  envelopes = {},
  clock = Date.now,
  decoding,
  alone,
}: RetryOptions) {
  const decider = new Decider({ host, clock, notifyMaxAge: Number.POSITIVE_INFINITY, envelopes, decoding })

  /** @throws RETRY_IMPOSSIBLE where its record is not kept, or no plugin listens to its event any more */
  return async (id: number, force: boolean): Promise<RetryResult> => {
    const letter = await deadLetters.find(id)
    if (letter === undefined) return { kind: 'missing' }
    // Whatever its record is, and whatever has followed it.
    if (letter.repeated) return (await deadLetters.remove(id)) ? repeatOf(letter) : { kind: 'missing' }
    if (letter.size !== undefined)
      throw coreErrors.RETRY_IMPOSSIBLE({ id, why: `not all of the ${letter.size} bytes of its record are kept` })
    alone?.enter(letter)
    try {
      return await giveBack(id, letter, force)
    } finally {
      alone?.leave()
    }
  }

  async function giveBack(id: number, letter: KeptLetter, force: boolean): Promise<RetryResult> {
    const { topic, partition, offset, plugin } = letter
    const records = [letter]
    const [slice] = await decider.decide([{ topic, partition, from: offset, next: offset + 1, records }], {
      only: plugin,
    })
    const entry = slice?.entries[0]
    const why = entry && whyNot(letter, entry, host)
    if (entry === undefined || why !== undefined)
      throw coreErrors.RETRY_IMPOSSIBLE({ id, why: why ?? 'it has no record' })
    const retried = await deadLetters.retry(id, { at: clock(), entry: entryFor(letter, entry), force })
    if (retried.kind !== 'applied') return retried
    if (retried.applied.repeats.length > 0) return { ...retried, left: [] }
    const { event, deadLetters: left } = entry
    if (left.length > 0) logDeadLetters([{ topic, partition, entries: [entry] }], logger)
    // A letter of one plugin is of an event that was applied for all others then.
    const isFirst = plugin === undefined && event !== undefined
    return { ...retried, left, ...(isFirst && { event: { topic, type: event.type } }) }
  }
}

/** The result where the event has been applied in another record: nothing is applied again. */
function repeatOf({ topic, partition, offset }: KeptLetter): RetryResult {
  const repeats = [{ topic, partition, offset }]
  const applied = { changes: [], lost: [], repeats, dropped: 0, unsent: [], erased: [], fanOuts: 0 }
  return { kind: 'applied', applied, left: [] }
}

/** Why a retry would have no effect although nothing fails; undefined where it may have one. */
function whyNot({ value, type, plugin }: KeptLetter, { event, deadLetters }: Entry, host: Host): string | undefined {
  if (event === undefined && deadLetters.length > 0) return undefined
  if ((value?.length ?? 0) === 0) return 'its record has no bytes'
  if (event === undefined) return `no plugin listens to ${type ?? 'its type'}`
  const listens = host.plugins.some(({ id, types }) => id === plugin && types.includes(event.type))
  return plugin === undefined || listens ? undefined : `there is no plugin ${plugin} that listens to ${event.type}`
}

/**
 * What the store is to do. Where the record cannot be decoded any more, the plugin of the letter has failed again. Where only the
 * notifications had been refused, everything else is applied, and the letter keeps its code, so that this stays so. Where they were invalid,
 * the rest is applied again, which has no consequences, unless later events of its key have been applied: what they keep would be undone.
 */
function entryFor({ code, plugin, message, followedBy }: KeptLetter, entry: Entry): Entry {
  const wasRefused = code === coreErrors.NOTIFICATIONS_REFUSED.code
  const wasInvalid = code === coreErrors.EFFECT_INVALID.code && message.startsWith(INVALID_NOTIFICATION)
  const notifiesOnly = wasRefused || (wasInvalid && followedBy > 0)
  const isFailing = entry.event === undefined && plugin !== undefined
  return {
    ...entry,
    effects: notifiesOnly ? onlyNotifying(entry.effects) : entry.effects,
    deadLetters: entry.deadLetters.map((one) => ({
      ...one,
      ...(isFailing && { plugin }),
      ...(wasRefused && { code }),
    })),
  }
}
