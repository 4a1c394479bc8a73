import type { CloudEvent } from '@belfry/contracts'
import { bookingCreated, bookingNoShow } from '@belfry/contracts/booking'
import { conflictDetected, conflictResolved } from '@belfry/contracts/conflict'
import { resourceUpdated } from '@belfry/contracts/resource'
import { waitlistAdded, waitlistPromoted, waitlistRemoved } from '@belfry/contracts/waitlist'
import type { Draws } from '@belfry/test-services/random'
import { busy, endsAt, rooms, startsAt } from './calm.ts'
import { createLives } from './lives.ts'
import { PARTITIONS, type Planned, planned } from './planned.ts'
import { poisonOf } from './poison.ts'

/** A stream of records without an end. */
export interface Storm {
  next(count: number): readonly Planned[]
  /** Only what means the same in whatever partition it is. */
  loose(count: number): readonly Planned[]
}

/**
 * Draws events, repeats of them and poison. In whatever order partitions are read the outcome is the same: what follows one another has
 * one key, and the audiences and profiles that are read do not change any more.
 */
export function createStorm(draws: Draws): Storm {
  let number = 0
  const lives = createLives(draws)
  const head = (id: number) => ({
    source: '/storm',
    id: String(id),
    // What is days old notifies nobody.
    ...(draws.chance(0.05) && { time: new Date(Date.now() - 172_800_000).toISOString() }),
  })
  const aboutRoom = (id: number) => ({ resourceId: draws.one(rooms), resourceName: `Nº ${id}` })

  const looseKinds: readonly ((id: number) => CloudEvent)[] = [
    (id) =>
      waitlistAdded.create({
        ...head(id),
        data: { waitlistId: `w${id}`, userId: draws.one(busy), ...aboutRoom(id), startsAt, endsAt, position: 1 },
      }),
    (id) =>
      waitlistRemoved.create({
        ...head(id),
        data: { waitlistId: `w${id}`, userId: draws.one(busy), ...aboutRoom(id), startsAt, endsAt, reason: 'filled' },
      }),
    (id) =>
      waitlistPromoted.create({
        ...head(id),
        data: {
          waitlistId: `w${id}`,
          userId: draws.one(busy),
          ...aboutRoom(id),
          startsAt,
          endsAt,
          bookingId: `b${id}`,
        },
      }),
    (id) =>
      conflictDetected.create({
        ...head(id),
        data: {
          conflictId: `c${id}`,
          ...aboutRoom(id),
          bookings: [0, 1].map((index) => ({ bookingId: `b${index}`, userId: draws.one(busy), startsAt, endsAt })),
        },
      }),
    (id) =>
      conflictResolved.create({
        ...head(id),
        data: {
          conflictId: `c${id}`,
          ...aboutRoom(id),
          bookings: [{ bookingId: 'b', userId: draws.one(busy), outcome: draws.one(['kept', 'moved', 'cancelled']) }],
        },
      }),
    (id) =>
      bookingNoShow.create({
        ...head(id),
        data: { bookingId: `n${id}`, userId: draws.one(busy), ...aboutRoom(id), detectedAt: startsAt },
      }),
    (id) =>
      bookingCreated.create({
        ...head(id),
        data: {
          bookingId: `b${id}`,
          userId: draws.one(busy),
          resourceId: 'v',
          resourceName: `Nº ${id}`,
          startsAt,
          endsAt,
        },
      }),
    (id) => {
      const data = { resourceId: draws.one(rooms), name: `Name ${id}`, previous: { name: 'Another' } }
      return resourceUpdated.create({ ...head(id), data })
    },
  ]
  const record = (event: CloudEvent) => planned(event, draws.chance(0.3) ? 'structured' : 'binary')
  const loose = (): readonly Planned[] => {
    const one = record(draws.one(looseKinds)(number++))
    if (draws.chance(0.01)) return [large(one)]
    // A producer that sends it again does not always find the same partition.
    return draws.chance(0.1) ? [one, { ...one, partition: draws.below(PARTITIONS) }] : [one]
  }
  const living = (): readonly Planned[] => {
    const one = record(draws.one(lives)(number++))
    return draws.chance(0.1) ? [one, one] : [one]
  }
  const any = (): readonly Planned[] => {
    if (draws.chance(0.06)) return [poisonOf(draws, number++)]
    return draws.chance(0.5) ? loose() : living()
  }
  return {
    next: (count) => Array.from({ length: count }, any).flat(),
    loose: (count) => Array.from({ length: count }, loose).flat(),
  }
}

/** The same event with something in it that nobody reads. */
function large(one: Planned): Planned {
  const value: unknown = JSON.parse(String(one.value))
  return { ...one, value: JSON.stringify({ ...Object(value), padding: 'z'.repeat(900_000) }) }
}
