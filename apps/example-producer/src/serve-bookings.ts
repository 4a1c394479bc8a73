import { createServer, type IncomingMessage, type Server } from 'node:http'
import { text } from 'node:stream/consumers'
import { BelfryError } from '@belfry/contracts'
import type { Pool } from 'pg'
import { book } from './book.ts'
import { cancelBooking } from './cancel-booking.ts'
import { inTransaction } from './in-transaction.ts'
import { moveBooking } from './move-booking.ts'

/**
 * Serves `POST /bookings` (book), `PATCH /bookings/<id>` (move) and `DELETE /bookings/<id>` (cancel). A success has no body. As this is an
 * example, requests are not authenticated.
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

/** Returns the fields of a body by name. A field that is not a string is returned as '', which the contracts refuse. */
function fieldsOf(body: unknown): (name: string) => string {
  return (name) => {
    const value: unknown = Reflect.get(Object(body), name)
    return typeof value === 'string' ? value : ''
  }
}

function refusalOf(error: unknown): { status: number; why: string } {
  if (error instanceof BelfryError || error instanceof SyntaxError) return { status: 400, why: error.message }
  const isThere = error instanceof Error && 'code' in error && error.code === '23505'
  if (isThere) return { status: 409, why: 'A booking with this id exists already' }
  console.error(error)
  return { status: 500, why: 'Something went wrong: try again' }
}
