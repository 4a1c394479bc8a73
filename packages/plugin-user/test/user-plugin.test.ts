import { withRole } from '@belfry/contracts/audiences'
import * as user from '@belfry/contracts/user'
import { effectsOf, given } from '@belfry/core/testing'
import { describe, expect, it } from 'vitest'
import { userPlugin } from '../src/index.ts'

const person = {
  userId: 'bob',
  name: 'Bob',
  email: 'bob@new.example',
  roles: ['member', 'admin'],
  locale: 'de',
  timeZone: 'Europe/Berlin',
}
let count = 0
const head = () => ({ source: '/test', id: `e${count++}`, time: '2026-05-01T08:00:00Z' })
const updated = (previous: Parameters<typeof user.userUpdated.create>[0]['data']['previous'], more: object = {}) =>
  user.userUpdated.create({ ...head(), data: { ...person, ...more, previous } })
const { profile, join, leave } = effectsOf(userPlugin)

describe('user.created', () => {
  it('welcomes the person in their own language, and keeps profile and roles', async () => {
    const { told, effects } = await given(userPlugin).when(user.userCreated.create({ ...head(), data: person }))
    expect(told).toMatchObject({ bob: [{ title: 'Willkommen, Bob', link: '/account' }] })
    expect(Object.keys(told)).toEqual(['bob'])
    expect(effects.slice(0, 3)).toEqual([
      profile('bob', { name: 'Bob', roles: ['member', 'admin'], locale: 'de', timeZone: 'Europe/Berlin' }),
      join('bob', withRole('member'), { because: 'bob' }),
      join('bob', withRole('admin'), { because: 'bob' }),
    ])
  })
})

describe('user.updated', () => {
  it('notifies no person when neither e-mail nor roles have changed, and updates the profile', async () => {
    const { told, effects } = await given(userPlugin).when(updated({ name: 'Robert', locale: null }))
    expect(told).toEqual({})
    expect(effects).toContainEqual(
      profile('bob', { name: 'Bob', roles: ['member', 'admin'], locale: 'de', timeZone: 'Europe/Berlin' }),
    )
    expect((await given(userPlugin).when(updated({}))).told).toEqual({})
  })

  it.each([
    ['the e-mail', { email: 'bob@old.example' }],
    ['the roles', { roles: ['admin', 'member'] }],
    ['repeated roles', { roles: ['member', 'admin', 'member'] }],
  ])('notifies no person of an old value that equals the new one: %s', async (_what, previous) => {
    const { told, effects } = await given(userPlugin).when(updated(previous, { email: 'bob@old.example' }))
    expect([told, effects.filter(({ kind }) => kind === 'leave')]).toEqual([{}, []])
  })

  it('does not mention an old value that equals the new one beside one that differs', async () => {
    const { told } = await given(userPlugin).when(updated({ email: person.email, roles: ['admin'] }, { locale: 'en' }))
    expect(told.bob?.[0]?.body).toMatch(/^You now have the role member. If you/)
  })

  it.each([
    [
      'the e-mail',
      { email: 'bob@old.example' },
      'Your e-mail address was changed from bob@old.example to bob@new.example. ',
    ],
    ['a role more', { roles: ['member'] }, 'You now have the role admin. '],
    ['roles less', { roles: ['member', 'admin', 'boss', 'cook'] }, 'You no longer have the roles boss and cook. '],
    [
      'all of it',
      { email: 'bob@old.example', roles: ['boss'] },
      'Your e-mail address was changed from bob@old.example to bob@new.example. You now have the roles member and admin. You no longer have the role boss. ',
    ],
  ])('warns of %s', async (_what, previous, sentences) => {
    const event = updated(previous, { locale: 'en' })
    const { told } = await given(userPlugin).when(event)
    expect(told).toEqual({
      bob: [
        {
          type: 'user.changed',
          title: 'Your account was changed',
          body: `${sentences}If you did not expect this, contact an administrator immediately.`,
          priority: 'high',
          category: 'security',
          link: '/account',
        },
      ],
    })
  })

  it('names three of many roles and how many more there are, and applies all of them', async () => {
    const named = (count: number, letter: string) =>
      Array.from({ length: count }, (_, index) => `${letter}${index}`.padEnd(200, letter))
    const [old, fresh] = [named(100, 'x'), named(41, 'y')]
    for (const [locale, more] of [
      ['en', ' and 38 more'],
      ['de', ' und 38 weitere'],
    ]) {
      const event = updated({ roles: old }, { locale, roles: fresh })
      const { told, effects } = await given(userPlugin).when(event)
      expect(told.bob?.[0]?.body).toContain(`${fresh.slice(0, 3).join(', ')}${more}`)
      expect(told.bob?.[0]?.body).not.toContain(old[3])
      const audiences = (kind: string) =>
        effects.flatMap((effect) => (effect.kind === kind && 'audience' in effect ? [effect.audience] : []))
      expect(audiences('leave')).toEqual(old.map((role) => `role/${role}`))
      expect(audiences('join')).toEqual(fresh.map((role) => `role/${role}`))
    }
  })

  it('leaves dropped roles and joins new ones', async () => {
    const { effects } = await given(userPlugin).when(updated({ roles: ['boss', 'member'] }))
    expect(effects).toContainEqual(leave(withRole('boss'), { because: 'bob', person: 'bob' }))
    expect(effects).toContainEqual(join('bob', withRole('admin'), { because: 'bob' }))
    expect(effects).not.toContainEqual(leave(withRole('member'), { because: 'bob', person: 'bob' }))
  })
})

describe('user.deleted', () => {
  it('erases the person without a notification', async () => {
    const { told, effects } = await given(userPlugin).when(
      user.userDeleted.create({ ...head(), data: { userId: 'bob' } }),
    )
    expect([told, effects]).toEqual([{}, [effectsOf(userPlugin).erase('bob')]])
  })
})
