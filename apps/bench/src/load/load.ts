import { fileURLToPath } from 'node:url'
import { Program } from '../machine/program.ts'
import { now } from './now.ts'
import type { Address, Answer, Arrivals, LoadOptions, Order, PeopleRange, Round } from './orders.ts'

const PATH = fileURLToPath(new URL('./load-process.ts', import.meta.url))
const PROBE: Round = { events: 120, rate: 0, onlyConnected: true }
const PROBE_QUIET_MS = 500
const PROBES = 60
const QUIET_MS = 15_000

/** The process of the load. */
export class Load {
  readonly #program = new Program(PATH)
  private constructor() {}

  /** Starts the process, opens the sockets, and resolves once every partition is read: all events of a probe have arrived. */
  static async connect(options: LoadOptions): Promise<Load> {
    const load = new Load()
    try {
      await load.#request({ order: 'connect', ...options }, 'connected')
      await load.#probe()
      return load
    } catch (error) {
      await load[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Starts the process alone: its sockets are opened by `open`. */
  static create(): Load {
    return new Load()
  }

  /** Opens sockets of further people. */
  async open(address: Address, range: PeopleRange): Promise<void> {
    await this.#request({ order: 'open', ...address, ...range }, 'opened')
  }

  /** Sends the events of a round. */
  async produce(round: Round): Promise<void> {
    await this.#request({ order: 'produce', ...round }, 'produced')
  }

  /** Resolves at the last arrival of the round, or when nothing has arrived for `quietMs`. The curve of the arrivals begins at `from`. */
  async collect({ from = now(), quietMs = QUIET_MS } = {}): Promise<Arrivals> {
    return this.#request({ order: 'collect', from, quietMs }, 'collected')
  }

  /** Resolves once a text has arrived on so many sockets, or nothing has for a while, with the moments. */
  async watch(text: string, sockets: number): Promise<readonly number[]> {
    return (await this.#request({ order: 'watch', text, sockets, quietMs: QUIET_MS }, 'watched')).arrivedAt
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program.stop()
  }

  /** A service that begins at the end of its topic misses what is sent before it has found that end. */
  async #probe(): Promise<void> {
    for (let probes = 0; probes < PROBES; probes++) {
      await this.produce(PROBE)
      const { arrived, expected } = await this.collect({ quietMs: PROBE_QUIET_MS })
      if (arrived === expected) return
    }
    throw new Error('the service does not read every partition')
  }

  async #request<K extends Answer['answer']>(
    order: Order,
    answer: K,
  ): Promise<Extract<Answer, { readonly answer: K }>> {
    const received = this.#program.receive((message) => pickAnswer(message, answer))
    this.#program.child.send(order)
    return received
  }
}

function pickAnswer<K extends Answer['answer']>(
  message: unknown,
  answer: K,
): Extract<Answer, { readonly answer: K }> | undefined {
  const isAnswer = typeof message === 'object' && message !== null && Reflect.get(message, 'answer') === answer
  // The load process sends nothing else.
  return isAnswer ? (message as Extract<Answer, { readonly answer: K }>) : undefined
}
