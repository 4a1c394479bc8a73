import { audienceNamed } from '@belfry/contracts/audiences'
import * as notification from '@belfry/contracts/notification'
import { given } from '@belfry/core/testing'
import { expect, it } from 'vitest'
import { notificationPlugin } from '../src/index.ts'

const head = (id: string) => ({ source: '/test', id, time: '2026-05-01T08:00:00Z' })
type To = Parameters<typeof notification.notificationRequested.create>[0]['data']['to']
const requested = (to: To, more: object = {}) =>
  notification.notificationRequested.create({
    ...head('e1'),
    data: { requestId: 'q1', to, title: 'Fire drill {today}', body: "It's at <10>.", ...more },
  })
const platform = () =>
  given(notificationPlugin, {
    people: { amy: { locale: 'de' }, cem: {} },
    audiences: [[audienceNamed('role/admin'), ['bob', 'eve']]],
  })

it("tells those named, each once, in the requester's own words", async () => {
  const { told } = await platform().when(
    requested({ users: ['bob', 'amy', 'bob'], audiences: ['role/admin', 'role/none'] }),
  )
  expect(Object.keys(told).sort()).toEqual(['amy', 'bob', 'eve'])
  for (const all of Object.values(told))
    expect(all).toEqual([
      { type: 'notification.requested', priority: 'normal', title: 'Fire drill {today}', body: "It's at <10>." },
    ])
})

it('tells everyone, except those excepted', async () => {
  expect(
    Object.keys((await platform().when(requested({ everyone: true, users: ['dan'], except: ['cem'] }))).told).sort(),
  ).toEqual(['amy', 'dan'])
  expect((await platform().when(requested({}))).told).toEqual({})
})

it('hands on category, priority, link and end', async () => {
  const more = {
    category: 'safety',
    priority: 'high',
    link: 'https://example.org/drill',
    expiresAt: '2026-05-02T08:00:00Z',
  }
  const { told } = await platform().when(requested({ users: ['bob'] }, more))
  expect(told.bob).toMatchObject([{ ...more, expiresAt: '2026-05-02T08:00:00.000Z' }])
})

it('withdraws a requested notification from every inbox, without a notification about it', async () => {
  const both = platform()
  await both.when(requested({ users: ['bob', 'amy'] }))
  const { told, withdrawn } = await both.when(
    notification.notificationWithdrawn.create({ ...head('e2'), data: { requestId: 'q1' } }),
  )
  expect([told, withdrawn]).toEqual([{}, { bob: ['notification.requested'], amy: ['notification.requested'] }])
})
