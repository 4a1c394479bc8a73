import { internal } from './internals/internals.ts'

/** What the brokers call an error that they have answered with, such as `UNKNOWN_MEMBER_ID`; empty where it is none of theirs. */
export const protocolErrorOf = (error: unknown): string =>
  error instanceof Error && 'type' in error && typeof error.type === 'string' ? error.type : ''

/** Kafka's error of a code, as kafkajs words it. */
export const errorOf = (code: number): Error => internal('protocolErrors').createErrorFromCode(code)
