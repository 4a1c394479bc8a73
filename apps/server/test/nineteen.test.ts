import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nineteenEvents } from './nineteen-events.ts'
import { begunFolder, openEvents, openSocket, startBelfry } from './start-belfry.ts'

const people = ['amy', 'bob', 'cem', 'dan', 'eve', 'mia']
let folder: Awaited<ReturnType<typeof begunFolder>>
let app: Awaited<ReturnType<typeof startBelfry>>

beforeAll(async () => {
  folder = await begunFolder()
  app = await startBelfry({ folder: folder.path })
})
afterAll(async () => {
  await app.belfry.close()
  await folder[Symbol.asyncDispose]()
})

/** Everything in somebody's list, newest first. */
const inbox = async (person: string) => (await app.call(person, '/v1/notifications?limit=200')).body

describe('all nineteen types of events', () => {
  it('tell exactly the right people, once each, however often they are sent, and four views agree number by number', async () => {
    const early = new Map<string, ReturnType<typeof openSocket>>()
    for (const person of people) early.set(person, openSocket(app.url, await app.token(person)))
    await expect.poll(() => [...early.values()].every(({ frames }) => frames.length === 1)).toBe(true)

    for (const { event, told, withdrawn = [] } of nineteenEvents(Date.now())) {
      const before = new Map([...early].map(([person, { frames }]) => [person, frames.at(-1)?.head ?? 0]))
      // Sent three times, alone and in a batch: told once.
      expect(await app.send(event)).toBe(202)
      expect(await app.send(event, event)).toBe(202)
      const arrived = () =>
        Object.fromEntries(
          [...early].flatMap(([person, { items }]) => {
            const fresh = items().filter(({ rev }) => rev > (before.get(person) ?? 0))
            return fresh.length === 0
              ? []
              : [[person, fresh.map(({ type, withdrawn: gone }) => (gone ? 'withdrawn' : type)).join()]]
          }),
        )
      const expected = { ...told, ...Object.fromEntries(withdrawn.map((person) => [person, 'withdrawn'])) }
      await expect.poll(arrived, { message: event.type }).toEqual(expected)
      if (event.type === 'user.deleted') continue
      // The next event comes when this one is through, so whatever it told too many would be seen with the next.
    }

    for (const person of people) {
      const { items, head, unread, epoch } = await inbox(person)
      const late = openSocket(app.url, await app.token(person), '?after=0')
      const curl = await openEvents(app.url, await app.token(person), '?after=0')
      await expect.poll(() => [late.frames.length, curl.frames.length]).toEqual([1, 1])
      expect(late.frames[0]).toMatchObject({ type: 'changes', epoch, after: 0, head, unread })
      expect(curl.frames[0]).toMatchObject({ ...late.frames[0], id: `${epoch}/${head}` })
      const shown = late.items().filter(({ withdrawn }) => !withdrawn)
      expect(shown.toSorted((a, b) => b.seq - a.seq)).toEqual(items)
      // Whoever listened from the beginning saw the same, each number once; of an erased person nothing is left.
      const seen = early.get(person)
      if (person !== 'bob') {
        const latest = new Map((seen?.items() ?? []).map((item) => [item.seq, item]))
        expect([...latest.values()].toSorted((a, b) => a.rev - b.rev)).toEqual(late.items())
        expect(seen?.frames.at(-1)?.head).toBe(head)
      } else expect([items, head, unread]).toEqual([[], 0, 0])
      late.socket.close()
      curl.stop()
    }
    for (const { socket } of early.values()) socket.close()
  })

  it('tell it in the language and the time zone of each person', async () => {
    const [created] = nineteenEvents(Date.now())
    if (!created) throw new Error('there are no events')
    await app.send({
      ...created.event,
      id: 'again',
      data: { ...Object(created.event.data), userId: 'zoe', name: 'Zoe' },
    })
    await expect
      .poll(async () => (await inbox('zoe')).items.map(({ title }: { title: string }) => title))
      .toEqual(['Willkommen, Zoe'])
  })
})
