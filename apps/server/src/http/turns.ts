import { coreErrors, createLine, type Line } from '@belfry/core'
import type { FastifyReply } from 'fastify'
import { serverErrors } from '../errors.ts'
import { serverLimits } from '../limits.ts'

/** Lets the requests of each person at the store take turns, so that one person leaves connections to all others. */
export interface Turns {
  /**
   * Does the work of a request once it is its person's turn. A request that goes away while it waits gives its place back.
   * @throws TOO_MANY_REQUESTS where too many of the person's wait already, STORE_UNAVAILABLE where one has waited for too long
   */
  run<T>(person: string, reply: FastifyReply, work: () => Promise<T>): Promise<T>
}

/** Makes turns; `onBeyond` counts what finds no place, and a request waits `turnMs` milliseconds at most. */
export function createTurns(onBeyond: () => void = () => {}, turnMs: number = serverLimits.TURN_MS.most): Turns {
  const { PERSON_AT_ONCE, PERSON_WAITING } = serverLimits
  const lines = new Map<string, Line>()
  const full = () => {
    onBeyond()
    return serverErrors.TOO_MANY_REQUESTS({ seconds: 1 })
  }
  return {
    async run(person, { raw, request }, work) {
      const line = lines.get(person) ?? createLine({ atOnce: PERSON_AT_ONCE.most, waiting: PERSON_WAITING.most, full })
      lines.set(person, line)
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
        if (line.length === 0) lines.delete(person)
      }
    },
  }
}
