import { join } from 'node:path'
import { expect, it } from 'vitest'
import { devToken } from './dev-token.ts'
import { begunFolder } from './start-belfry.ts'
import { startProgram } from './start-program.ts'

const ROUNDS = 3
const BATCH = 50
const PEOPLE = 20

/** A batch of events, each for one person in turn; the booking's id is in the text. */
const batchOf = (number: number) =>
  JSON.stringify(
    Array.from({ length: BATCH }, (_, index) => ({
      specversion: '1.0',
      type: 'booking.created',
      source: '/kill',
      id: `${number}/${index}`,
      data: {
        bookingId: `${number}/${index}`,
        userId: `u${index % PEOPLE}`,
        resourceId: `${number}/${index}`,
        startsAt: '2030-05-05T10:00:00Z',
        endsAt: '2030-05-05T11:00:00Z',
      },
    })),
  )

it('keeps everything that was answered with 202, once, when it is killed three times under load', async () => {
  await using folder = await begunFolder('.belfry')
  const accepted = new Set<number>()
  const sent = new Set<number>()
  let next = 0
  for (let round = 0; round < ROUNDS; round++) {
    const program = startProgram(folder.path)
    const url = await program.ready()
    const authorization = `Bearer ${await devToken(url, join(folder.path, '.belfry'), { sub: 'producer', scope: 'events:write' })}`
    const send = async (number: number) => {
      sent.add(number)
      const response = await fetch(`${url}/v1/events`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/cloudevents-batch+json' },
        body: batchOf(number),
      })
      if (response.status === 202) accepted.add(number)
    }
    // Four at a time, until the kill breaks them off; each round is killed at another point of its work.
    const enough = accepted.size + 6 + 3 * round
    const worker = async () => {
      for (;;) await send(next++)
    }
    const workers = Array.from({ length: 4 }, () => worker().catch(() => {}))
    await expect.poll(() => accepted.size, { interval: 1, timeout: 20_000 }).toBeGreaterThanOrEqual(enough)
    program.child.kill('SIGKILL')
    await Promise.all([program.ended, ...workers])
  }

  const program = startProgram(folder.path)
  const url = await program.ready()
  const inbox = async (person: string) => {
    const headers = { authorization: `Bearer ${await devToken(url, join(folder.path, '.belfry'), { sub: person })}` }
    const titles: string[] = []
    const numbers: number[] = []
    let page: { items: { title: string; seq: number }[]; next?: number; head: number; unread: number }
    let before = ''
    do {
      page = (await (await fetch(`${url}/v1/notifications?limit=200${before}`, { headers })).json()) as typeof page
      titles.push(...page.items.map(({ title }) => title))
      numbers.push(...page.items.map(({ seq }) => seq))
      before = `&before=${page.next}`
    } while (page.next !== undefined)
    return { titles, numbers, head: page.head, unread: page.unread }
  }
  /** The titles that these batches have for a person. */
  const titlesOf = (numbers: Iterable<number>, person: number) =>
    [...numbers].flatMap((number) =>
      Array.from({ length: BATCH / PEOPLE + 1 }, (_, turn) => turn * PEOPLE + person)
        .filter((index) => index < BATCH)
        .map((index) => `${number}/${index} is booked`),
    )
  for (let person = 0; person < PEOPLE; person++) {
    const missing = async () => {
      const { titles } = await inbox(`u${person}`)
      return titlesOf(accepted, person).filter((title) => !titles.includes(title))
    }
    await expect.poll(missing, { timeout: 20_000 }).toEqual([])
  }
  // What was not answered is sent again, as producers do, and so is what was.
  const authorization = `Bearer ${await devToken(url, join(folder.path, '.belfry'), { sub: 'producer', scope: 'events:write' })}`
  const headers = { authorization, 'content-type': 'application/cloudevents-batch+json' }
  for (const number of sent) {
    const send = async () =>
      (await fetch(`${url}/v1/events`, { method: 'POST', headers, body: batchOf(number) })).status
    // A machine that is busy may answer 503 first.
    await expect.poll(send, { timeout: 20_000 }).toBe(202)
  }
  for (let person = 0; person < PEOPLE; person++) {
    const wanted = titlesOf(sent, person)
    await expect.poll(async () => (await inbox(`u${person}`)).titles.length, { timeout: 20_000 }).toBe(wanted.length)
    const { titles, numbers, head, unread } = await inbox(`u${person}`)
    expect(titles.toSorted()).toEqual(wanted.toSorted())
    // Without a gap, and counted.
    expect(numbers).toEqual(Array.from({ length: wanted.length }, (_, index) => wanted.length - index))
    expect([head, unread]).toEqual([wanted.length, wanted.length])
  }
  program.child.kill('SIGTERM')
  await program.ended
})
