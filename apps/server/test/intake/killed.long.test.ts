import { postgresForTests } from '@belfry/test-services'
import { drawsOfTest } from '@belfry/test-services/random'
import { afterAll, describe, expect, it } from 'vitest'
import { openSocket } from '../start-belfry.ts'
import { booked, onThreads, watchThreads } from './on-threads.ts'

const postgres = await postgresForTests()
afterAll(() => postgres?.[Symbol.asyncDispose]())

describe.skipIf(postgres === undefined)('threads that end at any moment', () => {
  it('lose nothing and repeat nothing, and connected clients receive everything', async () => {
    const draws = drawsOfTest()
    using threads = watchThreads()
    await using belfry = await onThreads(postgres, { threads: 3 })
    const people = ['u0', 'u1', 'u2', 'u3', 'u4']
    const sockets = await Promise.all(people.map(async (one) => openSocket(belfry.url, await belfry.token(one))))
    await expect.poll(() => sockets.map(({ frames }) => frames.length)).toEqual(people.map(() => 1))
    let sent = 0
    let ended = 0
    while (ended < 12) {
      const some = Array.from({ length: 1 + draws.below(20) }, () => booked(`e${sent}`, `u${sent++ % 5}`))
      expect(await belfry.send(...some)).toBe(202)
      await new Promise((resolve) => setTimeout(resolve, draws.below(150)))
      const running = threads.running()
      const one = running[draws.below(running.length)]
      if (running.length < 3 || one === undefined) continue
      ended++
      await one.terminate()
    }
    await belfry.applied(40_000)
    // A record at which two threads have ended is set aside, whatever ended them; an operator retries it.
    const blocked: readonly { readonly id: number; readonly code: string }[] = await belfry.letters()
    for (const { id, code } of blocked) {
      expect(code).toBe('RECORD_BLOCKED')
      await expect
        .poll(() => belfry.ops(`/dead-letters/${id}/retry`, { method: 'POST', json: { force: true } }))
        .toMatchObject({
          status: 200,
          body: { outcome: 'applied' },
        })
    }
    expect(await belfry.letters()).toEqual([])
    const inOrder = (titles: readonly string[] = []) => (blocked.length === 0 ? titles : titles.toSorted())
    for (const [index, person] of people.entries()) {
      const bookings = Array.from({ length: sent }, (_, number) => number).filter((number) => number % 5 === index)
      const expected = bookings.flatMap((number) => [`steady: Booking e${number}`, `troubled: Booking e${number}`])
      const { head } = await belfry.inbox(person)
      expect(head).toBe(expected.length)
      // Sooner than the sweep that comes by itself.
      await expect.poll(() => sockets[index]?.frames.at(-1)?.head).toBe(head)
      const heard = sockets[index]?.items().map(({ type, title }) => `${type.split('.')[0]}: ${title}`)
      expect(inOrder(heard)).toEqual(inOrder(expected))
    }
    for (const { socket } of sockets) socket.close()
  })
})
