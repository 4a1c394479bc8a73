import { coreErrors, createLine, type Line } from '@belfry/core'
import type { FastifyReply } from 'fastify'
import { serverErrors } from '../../errors.ts'
import { serverLimits } from '../../limits/server-limits.ts'

/** Lets requests of one kind, such as those of one person, take turns at the store, so that they leave connections to all others. */
export interface Turns {
  /**
   * Does the work of a request once it is the turn of its kind. The place of a request whose client goes away while it waits is free
   * again, and nothing of it is done.
   * @throws TOO_MANY_REQUESTS where too many of the kind wait already, STORE_UNAVAILABLE where one has waited for too long
   */
  run<T>(kind: string, reply: FastifyReply, work: () => Promise<T>): Promise<T>
}

export interface TurnsOptions {
  /** How much of one kind is under way at once. */
  readonly atOnce: number
  /** How much of one kind may wait behind it. */
  readonly waiting: number
  /** Called for each request that finds no place. */
  readonly onBeyond: () => void
  /** Milliseconds for which a request waits at most. */
  readonly turnMs?: number
}

/** Makes turns. */
export function createTurns({ atOnce, waiting, onBeyond, turnMs = serverLimits.TURN_MS.most }: TurnsOptions): Turns {
  const lines = new Map<string, Line>()
  const full = () => {
    onBeyond()
    return serverErrors.TOO_MANY_REQUESTS({ seconds: 1 })
  }
  return {
    async run(kind, { raw, request }, work) {
      const line = lines.get(kind) ?? createLine({ atOnce, waiting, full })
      lines.set(kind, line)
      const gone = new AbortController()
      const leave = () => gone.abort(serverErrors.REQUEST_ABANDONED({}))
      const giveUp = () => gone.abort(coreErrors.STORE_UNAVAILABLE({ why: `it was not its turn after ${turnMs} ms` }))
      const timer = setTimeout(giveUp, turnMs)
      raw.once('close', leave)
      try {
        return await line.run(async () => {
          // An answer that stands behind another one of its connection is not closed with it.
          if (request.raw.socket.destroyed) throw serverErrors.REQUEST_ABANDONED({})
          return work()
        }, gone.signal)
      } finally {
        clearTimeout(timer)
        raw.off('close', leave)
        if (line.length === 0) lines.delete(kind)
      }
    },
  }
}
