import type { BelfryError } from '@belfry/contracts/errors'
import { kafkaErrors } from '../errors.ts'
import { protocolErrorOf } from '../kafkajs/protocol-error.ts'

/** Why Kafka could not be reached, or did not let us in, as an error that says what to do. */
export function tellUnreachable(where: string, error: unknown): BelfryError {
  const cause = causeOf(error)
  const make = isRefusal(cause) ? kafkaErrors.KAFKA_AUTHENTICATION_FAILED : kafkaErrors.KAFKA_UNREACHABLE
  return make({ where, why: whyOf(cause) }, { cause: error })
}

/** What an error of kafkajs's says, and what that means where it says little. */
export function whyOf(error: unknown): string {
  const cause = causeOf(error)
  if (!(cause instanceof Error)) return String(cause)
  const closed = cause.name === 'KafkaJSConnectionClosedError'
  return closed ? 'it closed the connection, as it does when TLS or SASL is missing' : cause.message
}

/** kafkajs wraps what went wrong in how often it has tried. */
const causeOf = (error: unknown): unknown =>
  error instanceof Error && error.name === 'KafkaJSNumberOfRetriesExceeded' ? causeOf(error.cause) : error

const REFUSALS = ['SASL_AUTHENTICATION_FAILED', 'UNSUPPORTED_SASL_MECHANISM', 'ILLEGAL_SASL_STATE']
const isRefusal = (error: unknown): boolean =>
  error instanceof Error &&
  (error.name === 'KafkaJSSASLAuthenticationError' || REFUSALS.includes(protocolErrorOf(error)))
