import { bookingCreated } from '@belfry/contracts/booking'
import { expect } from 'vitest'
import { openEvents, openSocket, type startBelfry } from '../start-belfry.ts'

type Started = Awaited<ReturnType<typeof startBelfry>>

/** Requests are answered within two seconds; whoever measures it on a busy machine gives them more, and not for ever. */
const SOON = 6_000

/** The booking of a number, for this person. */
export const eventOf = (person: string, number: number) =>
  bookingCreated.create({
    source: '/traffic',
    id: `${person}/${number}`,
    data: {
      bookingId: `${person}/${number}`,
      userId: person,
      resourceId: `${person}/${number}`,
      startsAt: '2030-05-05T10:00:00Z',
      endsAt: '2030-05-05T11:00:00Z',
    },
  })

/** Answers what a call answers, or that it did not answer soon. */
export async function soon<T>(call: Promise<T>): Promise<T | 'not answered'> {
  const { promise, resolve } = Promise.withResolvers<'not answered'>()
  const timer = setTimeout(() => resolve('not answered'), SOON)
  try {
    return await Promise.race([call, promise])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Events for one person that flow without an end, each sent again until it is accepted, as producers do; a WebSocket and an event
 * stream that listen from the first moment; and marks. `settle` ends it, and checks that nobody has lost or seen anything twice.
 */
export async function startTraffic(belfries: readonly Started[], person = 'u1') {
  const [belfry] = belfries
  if (belfry === undefined) throw new Error('somebody must be there to be sent to')
  const token = await belfry.token(person)
  const socket = openSocket(belfry.url, token, '?after=0')
  const stream = await openEvents(belfry.url, token, '?after=0')
  const accepted = new Set<number>()
  const late: string[] = []
  const marked = new Set<number>()
  let next = 0
  let refused = 0
  let ending = false
  let settling = false

  const producer = async (to: Started) => {
    const again: number[] = []
    while (!ending || (settling && again.length > 0)) {
      const number = again.shift() ?? next++
      const status = await soon(to.send(eventOf(person, number)))
      if (status === 202) accepted.add(number)
      else again.push(number)
      if (status === 503) refused++
      if (status === 'not answered') late.push(`event ${number}`)
    }
  }
  const marker = async () => {
    for (let seq = 1; !ending; seq++) {
      const answer = await soon(
        belfry.call(person, `/v1/notifications/${seq}`, { method: 'PATCH', json: { read: true } }),
      )
      if (answer === 'not answered') late.push(`mark ${seq}`)
      else if (answer.status === 200) marked.add(seq)
      else {
        // What has not arrived yet is tried again, and so is what is too much or cannot be done now.
        expect([404, 429, 503]).toContain(answer.status)
        seq--
      }
    }
  }
  const working = [...belfries.map(producer), marker()]
  // Whoever waits for them finds what went wrong; nobody may find it before.
  for (const one of working) one.catch(() => {})

  return {
    socket,
    stream,
    late,
    accepted,
    marked,
    /** How many events were answered with 503. */
    get refused() {
      return refused
    },
    /** Waits until so many more events are accepted, so that something is under way. */
    async flows(more = 20) {
      const enough = accepted.size + more
      await expect.poll(() => accepted.size, { timeout: 20_000, interval: 5 }).toBeGreaterThanOrEqual(enough)
    },
    async settle() {
      settling = true
      ending = true
      await Promise.all(working)
      expect(late).toEqual([])
      const total = accepted.size
      expect(total).toBe(next)
      const inbox = async () => {
        const items: { seq: number; title: string; read: boolean }[] = []
        let page: { items: typeof items; next?: number; head: number; unread: number; epoch: string }
        let before = ''
        do {
          page = (await belfry.call(person, `/v1/notifications?limit=200${before}`)).body
          items.push(...page.items)
          before = `&before=${page.next}`
        } while (page.next !== undefined)
        return { ...page, items }
      }
      await expect.poll(async () => (await inbox()).items.length, { timeout: 30_000 }).toBe(total)
      const { items, head } = await inbox()
      expect(items.map(({ title }) => title).toSorted()).toEqual(
        Array.from({ length: total }, (_, number) => `${person}/${number} is booked`).toSorted(),
      )
      expect(items.filter(({ seq, read }) => marked.has(seq) && !read)).toEqual([])
      // Each follows by itself, on the connection that it has had all the time.
      for (const { frames } of [socket, stream]) {
        await expect.poll(() => frames.findLast(({ type }) => type !== 'ping')?.head).toBe(head)
        let at = 0
        for (const { type, after, head: to } of frames.filter(({ type }) => type !== 'ping')) {
          expect([type, after]).toEqual(['changes', at])
          at = to
        }
        const seen = new Set(frames.flatMap(({ items = [] }) => items.map(({ seq }) => seq)))
        expect([...seen].toSorted((a, b) => b - a)).toEqual(items.map(({ seq }) => seq))
        // In the order of what changed, and each change once.
        const revs = frames.flatMap(({ items = [] }) => items.map(({ rev }) => rev))
        expect(revs).toEqual([...new Set(revs)].toSorted((a, b) => a - b))
      }
      expect(socket.socket.readyState).toBe(socket.socket.OPEN)
    },
    async [Symbol.asyncDispose]() {
      ending = true
      settling = false
      stream.stop()
      socket.socket.close()
      await stream.ended
    },
  }
}
