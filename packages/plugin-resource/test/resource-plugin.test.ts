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
    expect(told.mia?.[0]?.body).toBe(
      'It has just been set up (room, Level 2), and you are one of its managers. Open it to see whether everything is right.',
    )
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

  it.each([
    ['name', { name: 'Old room' }, {}, 'It was called Old room; now it is called Room 1. '],
    ['place', { location: 'Level 1' }, { location: 'Level 2' }, 'It was at Level 1; now it is at Level 2. '],
    ['first place', { location: null }, { location: 'Level 2' }, 'It is at Level 2 now. '],
    ['lost place', { location: 'Level 1' }, {}, 'It is no longer at Level 1. '],
    ['status', { status: 'available' }, { status: 'maintenance' }, 'It is under maintenance now. '],
  ] as const)(
    'tells bookers and managers of its %s, a managing booker as a booker',
    async (_what, previous, more, sentence) => {
      const all = await told(updated(previous, more))
      expect(names(all)).toEqual({
        amy: ['resource.changed'],
        mia: ['resource.changed'],
        max: ['resource.managedChanged'],
      })
      expect(all.amy?.[0]?.body).toBe(`You have booked it. ${sentence}Open it to see whether it still suits you.`)
      expect(all.max?.[0]?.body).toBe(`${sentence}You manage it; open it to see the details.`)
    },
  )

  it('tells the managers alone of its kind', async () => {
    const all = await told(updated({ kind: 'room' }, { kind: 'hall' }))
    expect(names(all)).toEqual({ mia: ['resource.managedChanged'], max: ['resource.managedChanged'] })
    expect(all.max?.[0]?.body).toBe(
      'It was of the kind room; now it is of the kind hall. You manage it; open it to see the details.',
    )
  })

  it('tells new and dropped managers of that, and those who stay how many', async () => {
    const all = await told(updated({ managerIds: ['mia', 'max'] }, { managerIds: ['max', 'zoe'] }))
    expect(names(all)).toEqual({
      zoe: ['resource.managing'],
      mia: ['resource.notManaging'],
      max: ['resource.managedChanged'],
    })
    expect(all.max?.[0]?.body).toBe(
      '1 manager has been added. 1 manager has been removed. You manage it; open it to see the details.',
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
      'The reason given: “Water damage”. You have booked it, and it can no longer be used. Look for something else for your upcoming bookings.',
    )
    expect((await platform.when(deleted())).told).toEqual({})
  })
})
