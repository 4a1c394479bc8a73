import type { FastifyReply } from 'fastify'
import { serverLimits } from '../../limits/server-limits.ts'
import { inTime } from '../../metrics/in-time.ts'
import { createTurns } from './turns.ts'

/**
 * Lets calls of operators take turns, so that however many come at once, probes and the intake have connections to the store. One that
 * waits in vain is refused and not done later, behind the back of the operator who was told that it failed.
 */
export interface OperatorTurns {
  /** Looks at what the store keeps for operators, or deletes one row of it. */
  look<T>(reply: FastifyReply, work: () => Promise<T>): Promise<T>
  /** Retries or erases, or changes what the intake does. An answer comes in time; what was begun goes on, and keeps its place. */
  change<T>(what: 'kept' | 'intake', reply: FastifyReply, work: () => Promise<T>): Promise<T>
}

/** Makes them; `onBeyond` is told of each call that finds no place. */
export function createOperatorTurns(onBeyond: () => void): OperatorTurns {
  const { OPERATOR_READS, OPERATOR_CHANGES, OPERATORS_WAITING } = serverLimits
  const common = { waiting: OPERATORS_WAITING.most, onBeyond }
  const looks = createTurns({ ...common, atOnce: OPERATOR_READS.most })
  const changes = createTurns({ ...common, atOnce: OPERATOR_CHANGES.most })
  return {
    look: (reply, work) => looks.run('looks', reply, work),
    change: (what, reply, work) => inTime(changes.run(what, reply, work)),
  }
}
