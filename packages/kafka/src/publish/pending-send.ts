import type { NewRecord } from '@belfry/core'

/** A message as kafkajs sends it. */
export interface Message {
  readonly key: string
  readonly value: string
  readonly headers: Record<string, string>
}

/** How many bytes a message has, without what Kafka writes around it. */
export const sizeOf = ({ key, value, headers }: Message): number =>
  [key, value, ...Object.entries(headers).flat()].reduce((sum, text) => sum + Buffer.byteLength(text), 0)

/** How long a send waits for its turn, while others are under way, before it fails. */
const MAX_TURN_MS = 1_800
/**
 * How long a send that has begun waits for its answer before it fails. It is most likely written by then: a caller that gave up sooner would
 * send it again, and all sends would take twice as long.
 */
export const MAX_ANSWER_MS = 5_000

/** Messages of one caller, which waits until they are durable. */
export class PendingSend {
  readonly messages: readonly Message[]
  readonly bytes: number
  readonly #onLate: (late: PendingSend) => void
  readonly #durable = Promise.withResolvers<void>()
  #isWaiting = true
  #timer: NodeJS.Timeout | undefined

  /** `onLate` is called where it fails because it took too long. */
  constructor(records: readonly NewRecord[], onLate: (late: PendingSend) => void) {
    this.messages = records.map(({ key, value, headers }) => ({ key, value, headers: { ...headers } }))
    this.bytes = this.messages.reduce((sum, message) => sum + sizeOf(message), 0)
    this.#onLate = onLate
    this.#failAfter(MAX_TURN_MS, `others were sent first for ${MAX_TURN_MS} ms`)
  }

  /** Resolves once every message is durable; rejects where that failed or took too long. */
  get durable(): Promise<void> {
    return this.#durable.promise
  }

  /** Neither done nor failed. */
  get isWaiting(): boolean {
    return this.#isWaiting
  }

  /** It is its turn. */
  begin(): void {
    this.#failAfter(MAX_ANSWER_MS, `no answer within ${MAX_ANSWER_MS} ms`)
  }

  done(): void {
    this.#end()
    this.#durable.resolve()
  }

  fail(error: unknown): void {
    this.#end()
    this.#durable.reject(error)
  }

  #end(): void {
    this.#isWaiting = false
    clearTimeout(this.#timer)
  }

  #failAfter(ms: number, why: string): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#onLate(this)
      this.fail(new Error(why))
    }, ms)
  }
}
