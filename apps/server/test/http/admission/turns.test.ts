import fastify from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { createTurns } from '../../../src/http/admission/turns.ts'
import { sendProblem } from '../../../src/http/problems.ts'
import { serverLimits } from '../../../src/limits/server-limits.ts'

const { PERSON_AT_ONCE, PERSON_WAITING } = serverLimits
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** Requests of people to something slow, which ends when it is told to. */
async function serve(turnMs = 120_000) {
  const app = fastify()
  app.setErrorHandler(sendProblem)
  let beyond = 0
  const turns = createTurns({
    atOnce: PERSON_AT_ONCE.most,
    waiting: PERSON_WAITING.most,
    onBeyond: () => beyond++,
    turnMs,
  })
  const begun: { readonly person: string; readonly end: () => void }[] = []
  app.get<{ Params: { person: string } }>('/:person', (request, reply) =>
    turns.run(request.params.person, reply, () => {
      const { promise, resolve } = Promise.withResolvers<string>()
      begun.push({ person: request.params.person, end: () => resolve('done') })
      return promise
    }),
  )
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  closing.push(() => app.close())
  return {
    url,
    begun,
    beyond: () => beyond,
    get: async (person: string, signal?: AbortSignal) => {
      const { status, headers } = await fetch(`${url}/${person}`, { ...(signal && { signal }) })
      return [status, headers.get('retry-after')]
    },
    endAll: async (answers: readonly Promise<unknown>[]) => {
      let over = false
      void Promise.allSettled(answers).then(() => (over = true))
      const endSome = () => {
        for (const { end } of begun.splice(0)) end()
        return over
      }
      await expect.poll(endSome, { interval: 1 }).toBe(true)
    },
  }
}

describe('requests', () => {
  it('of one person take turns, and others are answered meanwhile', async () => {
    const { begun, get, beyond, endAll } = await serve()
    const most = PERSON_AT_ONCE.most + PERSON_WAITING.most
    const ann = Array.from({ length: most + 50 }, () => get('ann'))
    await expect.poll(beyond).toBe(50)
    expect(begun.length).toBe(PERSON_AT_ONCE.most)
    const bob = get('bob')
    await expect.poll(() => begun.at(-1)?.person).toBe('bob')
    begun.pop()?.end()
    expect(await bob).toEqual([200, null])
    await endAll(ann)
    const answers = await Promise.all(ann)
    expect(answers.filter(([status]) => status === 200).length).toBe(most)
    expect(answers.filter(([status, again]) => status === 429 && again === '1').length).toBe(50)
  })

  it('that are given up, or wait for too long, leave no place taken', async () => {
    const { begun, get, beyond, endAll } = await serve()
    const first = Array.from({ length: PERSON_AT_ONCE.most }, () => get('ann'))
    await expect.poll(() => begun.length).toBe(PERSON_AT_ONCE.most)
    const stop = new AbortController()
    const answered: unknown[] = []
    const ask = async () => {
      try {
        const answer = await get('ann', stop.signal)
        answered.push(answer)
        return answer
      } catch {
        return ['gone']
      }
    }
    const given = Array.from({ length: PERSON_WAITING.most + 10 }, ask)
    // Those that find no place have their answers: one that is under way would be given up as well.
    await expect.poll(() => answered.length).toBe(10)
    expect(beyond()).toBe(10)
    stop.abort()
    const answers = (await Promise.all(given)).map(([status]) => status)
    expect(answers.filter((one) => one === 'gone').length).toBe(PERSON_WAITING.most)
    // All places are there again, and nothing was begun for those who have gone.
    const asked = Array.from({ length: PERSON_WAITING.most }, () => get('ann'))
    await endAll([...first, ...asked])
    const again = await Promise.all(asked)
    expect(begun).toEqual([])
    expect(again.filter(([status]) => status === 200).length).toBeGreaterThan(0)

    const short = await serve(50)
    const slow = Array.from({ length: PERSON_AT_ONCE.most }, () => short.get('ann'))
    await expect.poll(() => short.begun.length).toBe(PERSON_AT_ONCE.most)
    expect(await short.get('ann')).toEqual([503, '1'])
    expect(short.begun.length).toBe(PERSON_AT_ONCE.most)
    await short.endAll(slow)
  })
})
