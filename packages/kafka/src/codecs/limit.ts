import { kafkaErrors } from '../errors.ts'

const MIB = 2 ** 20
/** A record batch may hold so many bytes when it is decompressed: more is taken for a bomb. */
export const LIMIT = 256 * MIB

/** @throws KAFKA_BATCH_TOO_LARGE where that many bytes are more than a batch may hold */
export function expectWithinLimit(bytes: number): void {
  if (bytes > LIMIT) throw tooLarge()
}

/** The error of a batch that holds more than it may. */
export const tooLarge = (cause?: unknown) =>
  kafkaErrors.KAFKA_BATCH_TOO_LARGE({ limit: LIMIT / MIB }, cause === undefined ? {} : { cause })
