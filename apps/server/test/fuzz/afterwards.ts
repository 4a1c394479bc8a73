import { bookingCreated } from '@belfry/contracts/booking'
import { expect } from 'vitest'
import { openSocket, type startBelfry } from '../start-belfry.ts'

type Running = Awaited<ReturnType<typeof startBelfry>>

/** TCP sockets of this process: it is client and server at once. */
export const connections = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length

/** Whatever was done to it: Belfry is ready, tells what happens, takes connections, and nothing went wrong on its side. */
export async function expectWell(app: Running, people: readonly string[], connectionsBefore: number): Promise<void> {
  const ready = await (await fetch(`${app.url}/ready`)).json()
  // A route may have paused a topic.
  for (const part of Object.keys((ready as { parts: object }).parts))
    if (part.startsWith('topic ')) await app.belfry.resume(part.slice('topic '.length))
  await expect.poll(async () => (await fetch(`${app.url}/ready`)).json()).toMatchObject({ status: 'ok' })

  for (const person of people) {
    const token = await app.token(person)
    // As many as a person may have: none that is gone still counts.
    await expect
      .poll(async () => {
        const all = Array.from({ length: 10 }, () => openSocket(app.url, token))
        const codes = await Promise.all(
          all.map(({ socket, closed }) =>
            Promise.race([closed, new Promise((resolve) => socket.once('message', () => resolve('open')))]),
          ),
        )
        for (const { socket } of all) socket.close()
        await Promise.all(all.map(({ closed }) => closed))
        return new Set(codes)
      })
      .toEqual(new Set(['open']))
  }

  const sent = {
    bookingId: 'afterwards',
    userId: 'afterwards',
    resourceId: 'r1',
    startsAt: '2030-05-05T10:00:00Z',
    endsAt: '2030-05-05T11:00:00Z',
  }
  expect(await app.send(bookingCreated.create({ source: '/afterwards', id: '1', data: sent }))).toBe(202)
  await expect.poll(async () => (await app.call('afterwards', '/v1/notifications')).body.items.length).toBe(1)

  // fetch keeps a few of its own open.
  await expect.poll(connections).toBeLessThanOrEqual(connectionsBefore + 4)
  expect(app.lines.filter((line) => JSON.parse(line).level >= 50).slice(0, 3)).toEqual([])
}
