import { encodeHttp } from '@belfry/contracts'
import { bookingCreated } from '@belfry/contracts/booking'
import type { Belfry } from './create-belfry.ts'

const DAY_MS = 86_400_000

/**
 * What a newcomer can do next, ready to paste: send an event, listen, and read the inbox. Only a terminal is shown a token: anything
 * else that reads it may be a log, which others read too.
 */
export async function welcome(
  {
    address,
    opsAddress = address,
    devTokens,
  }: Pick<Belfry, 'address' | 'devTokens'> & Partial<Pick<Belfry, 'opsAddress'>>,
  isTerminal: boolean,
  now: number = Date.now(),
): Promise<string> {
  const ready = `Belfry is ready at ${address}. Its routes: ${opsAddress}/docs`
  if (devTokens === undefined) return `\n${ready}\n\n`
  const scope = 'events:write ops'
  const token = isTerminal ? await devTokens.sign({ sub: 'u1', scope }) : `$(belfry token u1 --scope "${scope}")`
  const tomorrow = new Date(now + DAY_MS).toISOString().slice(0, 10)
  const { headers, body } = encodeHttp(
    bookingCreated.create({
      source: '/hello',
      id: `b1:created:${now}`,
      data: {
        bookingId: 'b1',
        userId: 'u1',
        resourceId: 'r1',
        resourceName: 'Room 1',
        startsAt: `${tomorrow}T10:00:00Z`,
        endsAt: `${tomorrow}T11:00:00Z`,
      },
    }),
  )
  return `
${ready}

A token for the person u1, who may also send events:

  export TOKEN=${token}

Listen as u1, in one terminal:

  curl -N -H "Authorization: Bearer $TOKEN" -H 'Accept: text/event-stream' '${address}/v1/stream?after=0'

Send an event, in another (send it again: no person is told twice):

  curl -H "Authorization: Bearer $TOKEN" -H 'Content-Type: ${headers['content-type']}' ${address}/v1/events -d '${body}'

Read the inbox of u1:

  curl -H "Authorization: Bearer $TOKEN" ${address}/v1/notifications

`
}
