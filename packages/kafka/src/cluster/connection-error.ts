import type { BelfryError } from '@belfry/contracts/errors'
import { kafkaErrors } from '../errors.ts'
import { protocolErrorOf } from '../kafkajs/protocol-error.ts'

/** The error for a Kafka that could not be reached, or that did not accept the credentials: KAFKA_UNREACHABLE, KAFKA_AUTHENTICATION_FAILED. */
export function connectionError(where: string, error: unknown): BelfryError {
  const cause = causeOf(error)
  const make = isRefusal(cause) ? kafkaErrors.KAFKA_AUTHENTICATION_FAILED : kafkaErrors.KAFKA_UNREACHABLE
  return make({ where, why: whyOf(cause) }, { cause: error })
}

/** The cause of an error of kafkajs's, in words; what it most likely means where its message explains nothing. */
export function whyOf(error: unknown): string {
  const cause = causeOf(error)
  if (!(cause instanceof Error)) return String(cause)
  const closed = cause.name === 'KafkaJSConnectionClosedError'
  return closed ? 'it closed the connection, as it does when TLS or SASL is missing' : cause.message
}

/** kafkajs wraps the cause in an error about how often it has tried. */
const causeOf = (error: unknown): unknown =>
  error instanceof Error && error.name === 'KafkaJSNumberOfRetriesExceeded' ? causeOf(error.cause) : error

const REFUSALS = ['SASL_AUTHENTICATION_FAILED', 'UNSUPPORTED_SASL_MECHANISM', 'ILLEGAL_SASL_STATE']
const isRefusal = (error: unknown): boolean =>
  error instanceof Error &&
  (error.name === 'KafkaJSSASLAuthenticationError' || REFUSALS.includes(protocolErrorOf(error)))
