import { coreErrors } from '@belfry/core'
import { withDeadline } from '@belfry/core/flow'
import type { FastifyReply } from 'fastify'
import { serverLimits } from '../../limits/server-limits.ts'
import { createTurns } from './turns.ts'

/**
 * Lets calls of operators take turns, so that however many come at once, probes and the intake have connections to the store. One that
 * waits for too long is refused and not done later: the operator has been told that it failed.
 */
export interface OperatorTurns {
  /** Reads what the store keeps for operators, or deletes one row of it. */
  read<T>(reply: FastifyReply, work: () => Promise<T>): Promise<T>
  /** Retries or erases, or changes what the intake does. An answer comes in time; what was begun goes on, and keeps its place. */
  change<T>(what: 'kept' | 'intake', reply: FastifyReply, work: () => Promise<T>): Promise<T>
}

/**
 * Milliseconds until a change is given up. What reads Kafka has a shorter deadline of its own, whose error names Kafka: what is slow beyond
 * it is the store.
 */
const CHANGE_TIMEOUT_MS = 1_800

/** Makes them; `onBeyond` is called for each call that finds no place. */
export function createOperatorTurns(onBeyond: () => void): OperatorTurns {
  const { OPERATOR_READS, OPERATOR_CHANGES, OPERATORS_WAITING } = serverLimits
  const common = { waiting: OPERATORS_WAITING.most, onBeyond }
  const reads = createTurns({ ...common, atOnce: OPERATOR_READS.most })
  const changes = createTurns({ ...common, atOnce: OPERATOR_CHANGES.most })
  return {
    read: (reply, work) => reads.run('reads', reply, work),
    change: (what, reply, work) =>
      withDeadline(changes.run(what, reply, work), CHANGE_TIMEOUT_MS, (why) => coreErrors.STORE_UNAVAILABLE({ why })),
  }
}
