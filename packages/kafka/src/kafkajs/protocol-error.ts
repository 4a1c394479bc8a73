import { internal } from './internals/internals.ts'

/** Kafka's name of an error that a broker has answered, such as `UNKNOWN_MEMBER_ID`; empty for other errors. */
export const protocolErrorOf = (error: unknown): string =>
  error instanceof Error && 'type' in error && typeof error.type === 'string' ? error.type : ''

/** kafkajs's error for one of Kafka's error codes. */
export const errorOf = (code: number): Error => internal('protocolErrors').createErrorFromCode(code)
