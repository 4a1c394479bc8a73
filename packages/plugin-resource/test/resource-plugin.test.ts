import { bookersOf, managersOf } from '@belfry/contracts/audiences'
import * as resource from '@belfry/contracts/resource'
import { effectsOf, given } from '@belfry/core/testing'
import { describe, expect, it } from 'vitest'
import { resourcePlugin } from '../src/index.ts'

let count = 0
const head = () => ({ source: '/test', id: `e${count++}`, time: '2026-05-01T08:00:00Z' })
type Updated = Parameters<typeof resource.resourceUpdated.create>[0]['data']
const updated = (previous: Updated['previous'], more: Partial<Updated> = {}) =>
  resource.resourceUpdated.create({ ...head(), data: { resourceId: 'r1', name: 'Room 1', ...more, previous } })
const names = (told: Readonly<Record<string, readonly { type: string }[]>>) =>
  Object.fromEntries(Object.entries(told).map(([person, all]) => [person, all.map(({ type }) => type)]))
const audiences = [
  [bookersOf('r1'), ['amy', 'mia']],
  [managersOf('r1'), ['mia', 'max']],
] as const

describe('resource.created', () => {
  it('notifies each manager once, and keeps them as an audience', async () => {
    const event = resource.resourceCreated.create({
      ...head(),
      data: { resourceId: 'r1', name: 'Room 1', kind: 'room', location: 'Level 2', managerIds: ['mia', 'mia', 'max'] },
    })
    const { told, effects } = await given(resourcePlugin, { people: { max: { locale: 'de' } } }).when(event)
    expect(names(told)).toEqual({ mia: ['resource.created'], max: ['resource.created'] })
    expect(told.mia?.[0]?.body).toBe('Room 1 was just added (room, Level 2). Open it to check the details.')
    expect(told.max?.[0]).toMatchObject({ title: 'Sie verwalten „Room 1“', link: '/resources/r1' })
    expect(effects).toContainEqual(effectsOf(resourcePlugin).join(['mia', 'max'], managersOf('r1'), { because: 'r1' }))
  })
})

describe('resource.updated', () => {
  const told = async (event: ReturnType<typeof updated>) =>
    (await given(resourcePlugin, { audiences }).when(event)).told

  it('notifies no person when nothing has changed', async () => {
    expect(await told(updated({}))).toEqual({})
  })

  const seats = (count: number): object => ({ capacity: { seats: count, tables: 1 } })
  const whole: Partial<Updated> = {
    kind: 'room',
    location: 'Level 2',
    status: 'available',
    managerIds: ['mia', 'max'],
    ...seats(4),
  }
  const equal: Updated['previous'] = { ...whole, name: 'Room 1', managerIds: ['max', 'mia', 'max'], ...seats(4) }

  it.each(Object.entries(equal))(
    'notifies no person of an old value that equals the new one: %s',
    async (field, value) => {
      expect(await told(updated({ [field]: value }, whole))).toEqual({})
      expect(await told(updated({ ...equal, [field]: value }, whole))).toEqual({})
    },
  )

  it('notifies no person of a field that is absent and was absent', async () => {
    expect(await told(updated({ kind: null, location: null, status: null, managerIds: null }))).toEqual({})
    expect(await told(updated({ managerIds: [] }))).toEqual({})
  })

  it('does not mention an old value that equals the new one beside one that differs', async () => {
    const both = await told(updated({ ...equal, location: 'Level 1' }, whole))
    expect(both).toEqual(await told(updated({ location: 'Level 1' }, whole)))
  })

  it('tells the managers that something has changed which the contract does not have', async () => {
    const all = await told(updated({ ...equal, ...seats(6) }, whole))
    expect(names(all)).toEqual({ mia: ['resource.managedChanged'], max: ['resource.managedChanged'] })
    expect(all.max?.[0]?.body).toBe('Other details have changed. You manage Room 1. Open it for details.')
  })

  it.each([
    ['name', { name: 'Old room' }, {}, '“Old room” is now called “Room 1”. '],
    ['place', { location: 'Level 1' }, { location: 'Level 2' }, 'New location: Level 2 (previously: Level 1). '],
    ['first place', { location: null }, { location: 'Level 2' }, 'Location: Level 2. '],
    ['lost place', { location: 'Level 1' }, {}, 'The location is no longer Level 1. '],
    ['status', { status: 'available' }, { status: 'maintenance' }, 'New status: under maintenance. '],
    ['lost status', { status: 'maintenance' }, {}, 'New status: unknown. '],
  ] as const)(
    'tells bookers and managers of its %s, a managing booker as a booker',
    async (_what, previous, more, sentence) => {
      const all = await told(updated(previous, more))
      expect(names(all)).toEqual({
        amy: ['resource.changed'],
        mia: ['resource.changed'],
        max: ['resource.managedChanged'],
      })
      expect(all.amy?.[0]?.body).toBe(`${sentence}Check whether your upcoming booking still suits you.`)
      expect(all.max?.[0]?.body).toBe(`${sentence}You manage Room 1. Open it for details.`)
    },
  )

  it('tells the managers alone of its kind', async () => {
    const all = await told(updated({ kind: 'room' }, { kind: 'hall' }))
    expect(names(all)).toEqual({ mia: ['resource.managedChanged'], max: ['resource.managedChanged'] })
    expect(all.max?.[0]?.body).toBe('New kind: hall (previously: room). You manage Room 1. Open it for details.')
  })

  it('tells new and dropped managers of that, and those who stay how many', async () => {
    const all = await told(updated({ managerIds: ['mia', 'max'] }, { managerIds: ['max', 'zoe'] }))
    expect(names(all)).toEqual({
      zoe: ['resource.managing'],
      mia: ['resource.notManaging'],
      max: ['resource.managedChanged'],
    })
    expect(all.max?.[0]?.body).toBe(
      '1 manager was added. 1 manager was removed. You manage Room 1. Open it for details.',
    )
  })

  it('tells each person once, in the nearest role, when everything changes at once', async () => {
    const all = await told(
      updated(
        { managerIds: ['mia', 'max'], status: 'available' },
        { managerIds: ['amy', 'max', 'zoe'], status: 'retired' },
      ),
    )
    expect(names(all)).toEqual({
      amy: ['resource.changed'],
      mia: ['resource.changed'],
      max: ['resource.managedChanged'],
      zoe: ['resource.managing'],
    })
  })

  it('keeps its managers as an audience', async () => {
    const platform = given(resourcePlugin, { audiences: [[managersOf('r1'), ['old']]] })
    const event = resource.resourceCreated.create({
      ...head(),
      data: { resourceId: 'r1', name: 'Room 1', kind: 'room', managerIds: ['mia', 'max'] },
    })
    await platform.when(event)
    await platform.when(updated({ managerIds: ['mia', 'max'] }, { managerIds: ['max', 'zoe'] }))
    expect(Object.keys((await platform.when(updated({ kind: null }, { kind: 'hall' }))).told).sort()).toEqual([
      'max',
      'old',
      'zoe',
    ])
  })
})

describe('resource.deleted', () => {
  it('tells people with upcoming bookings and the managers, and then both audiences end', async () => {
    const platform = given(resourcePlugin, { audiences })
    const deleted = (reason?: string) =>
      resource.resourceDeleted.create({
        ...head(),
        data: { resourceId: 'r1', name: 'Room 1', ...(reason !== undefined && { reason }) },
      })
    const { told } = await platform.when(deleted('Water damage'))
    expect(names(told)).toEqual({
      amy: ['resource.deleted'],
      mia: ['resource.deleted'],
      max: ['resource.managedDeleted'],
    })
    expect(told.amy?.[0]?.body).toBe(
      'Room 1 can no longer be used. Reason: “Water damage”. Choose something else for your upcoming bookings.',
    )
    expect((await platform.when(deleted())).told).toEqual({})
  })
})
