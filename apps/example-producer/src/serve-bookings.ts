import { createServer, type IncomingMessage, type Server } from 'node:http'
import { text } from 'node:stream/consumers'
import { BelfryError } from '@belfry/contracts'
import type { Pool } from 'pg'
import { book } from './book.ts'
import { cancelBooking } from './cancel-booking.ts'
import { inTransaction } from './in-transaction.ts'
import { moveBooking } from './move-booking.ts'

/**
 * `POST /bookings` takes a booking, `PATCH /bookings/<id>` moves it, `DELETE /bookings/<id>` cancels it; all answer without a body. It is
 * as much as the example needs: it lets in whoever comes.
 */
export function serveBookings(pool: Pool): Server {
  const answer = async (request: IncomingMessage): Promise<{ status: number; why?: string }> => {
    const [, bookings, bookingId = '', more] = (request.url ?? '').split('/')
    const found = (isThere: boolean) => ({ status: isThere ? 204 : 404 })
    if (bookings !== 'bookings' || more !== undefined) return { status: 404 }
    if (request.method === 'DELETE')
      return found(await inTransaction(pool, (client) => cancelBooking(client, bookingId)))
    if (request.method !== 'POST' && request.method !== 'PATCH') return { status: 405 }
    const field = fieldsOf(JSON.parse(await text(request)))
    const times = { startsAt: field('startsAt'), endsAt: field('endsAt') }
    if (request.method === 'PATCH')
      return found(await inTransaction(pool, (client) => moveBooking(client, bookingId, times)))
    const booking = {
      bookingId: field('bookingId'),
      userId: field('userId'),
      resourceId: field('resourceId'),
      ...times,
    }
    await inTransaction(pool, (client) => book(client, booking))
    return { status: 201 }
  }
  return createServer(async (request, response) => {
    const { status, why } = await answer(request).catch(refusalOf)
    response.writeHead(status).end(why)
  })
}

/** The fields of a body, by name; what is no text is empty, which no contract takes. */
function fieldsOf(body: unknown): (name: string) => string {
  return (name) => {
    const value: unknown = Reflect.get(Object(body), name)
    return typeof value === 'string' ? value : ''
  }
}

function refusalOf(error: unknown): { status: number; why: string } {
  if (error instanceof BelfryError || error instanceof SyntaxError) return { status: 400, why: error.message }
  const isThere = error instanceof Error && 'code' in error && error.code === '23505'
  if (isThere) return { status: 409, why: 'There is a booking of this id already' }
  console.error(error)
  return { status: 500, why: 'It did not work: try it again' }
}
