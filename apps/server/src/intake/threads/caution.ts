// Careful mode: after a thread has ended, threads run handlers one at a time, and where its cause is not known, take records one at a time,
// so that the next end has one possible cause. The flags lie in memory that all threads share: a thread reads them before each record,
// and one that has just been started finds them as they are.

/** Milliseconds for which handlers run one at a time after a thread has ended. */
const ONE_HANDLER_MS = 300_000
/** Milliseconds for which records are taken one at a time: a thread that takes over begins with the same records. */
const ONE_RECORD_MS = 60_000

/** The places of the flags in the memory. */
const ONE_HANDLER = 0
const ONE_RECORD = 1
const CELLS = 2

/** Switches careful mode on for a time; used by the thread that supervises. */
export class Caution {
  /** What is given to each thread, for `readCaution`. */
  readonly memory = new SharedArrayBuffer(CELLS * Int32Array.BYTES_PER_ELEMENT)
  readonly #cells = new Int32Array(this.memory)
  readonly #timers: (NodeJS.Timeout | undefined)[] = []

  /** From now on handlers run one at a time, and records are taken one at a time where `records` is true. */
  begin({ records }: { readonly records: boolean }): void {
    this.#set(ONE_HANDLER, ONE_HANDLER_MS)
    if (records) this.#set(ONE_RECORD, ONE_RECORD_MS)
  }

  /** Records are taken together again. */
  takeRecordsTogether(): void {
    clearTimeout(this.#timers[ONE_RECORD])
    Atomics.store(this.#cells, ONE_RECORD, 0)
  }

  #set(flag: number, ms: number): void {
    clearTimeout(this.#timers[flag])
    Atomics.store(this.#cells, flag, 1)
    this.#timers[flag] = setTimeout(() => Atomics.store(this.#cells, flag, 0), ms).unref()
  }
}

/** Whether threads are careful now; read in a thread. */
export interface CautionReader {
  /** Handlers run one at a time, each until it has answered. */
  oneHandler(): boolean
  /** Records are taken one at a time, each until the end of its transaction. */
  oneRecord(): boolean
}

export function readCaution(memory: SharedArrayBuffer): CautionReader {
  const cells = new Int32Array(memory)
  return {
    oneHandler: () => Atomics.load(cells, ONE_HANDLER) === 1,
    oneRecord: () => Atomics.load(cells, ONE_RECORD) === 1,
  }
}
