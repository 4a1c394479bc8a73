import type { Notification } from '@belfry/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { framesOf } from '../../src/delivery/frames.ts'
import { packFrames, unpackFrames } from '../../src/delivery/packed-frames.ts'

const item = (seq: number, rev: number, body: string): Notification => ({
  seq,
  rev,
  type: 'p.m',
  priority: 'normal',
  title: 't',
  body,
  createdAt: '2026-05-01T08:00:00.000Z',
  read: false,
  archived: false,
  withdrawn: false,
})

it('splits a large answer between numbers into frames that follow one another, none larger than 64 KiB unless one item is', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 20 }),
      fc.nat(5),
      fc.nat(3),
      (sizes, after, beyond) => {
        const items = sizes.map((size, index) => item(index + 1, after + index + 1, 'ü'.repeat(size)))
        const head = after + items.length + beyond
        const frames = framesOf(
          'epoch',
          { kind: 'changes', after, head, unread: 3, readThrough: 1, items },
          (item) => item,
        )
        const bodies = frames.map(({ text }) => JSON.parse(String(text)))
        let at = after
        for (const [index, body] of bodies.entries()) {
          expect([body.type, body.epoch, body.after, body.unread]).toEqual(['changes', 'epoch', at, 3])
          expect(body.readThrough).toBe(index === 0 ? 1 : undefined)
          for (const { rev } of body.items) expect(rev > body.after && rev <= body.head).toBe(true)
          if (body.items.length > 1) expect(Buffer.byteLength(frames[index]?.text ?? '')).toBeLessThanOrEqual(65_536)
          expect(frames[index]?.id).toBe(`${body.epoch}/${body.head}`)
          at = body.head
        }
        expect(at).toBe(head)
        expect(bodies.flatMap((body) => body.items)).toEqual(items)
      },
    ),
  )
})

it('packs the frames of changes, and unpacks what the same changes make here, each from the number that its client has', () => {
  const changes = ['ü', 'x'].map((person) => ({
    person,
    after: 2,
    head: 5,
    unread: 2,
    items: [item(1, 3, 'old'), item(4, 4, '“'.repeat(25_000)), item(5, 5, person)],
  }))
  const pushes = [...unpackFrames(packFrames('epoch', changes, (one) => one))]
  const texts = changes.flatMap((change) => framesOf('epoch', { kind: 'changes', ...change }, (one) => one))
  expect(pushes.map(({ frames: [{ text }] }) => Buffer.from(text).toString())).toEqual(texts.map(({ text }) => text))
  expect(pushes.map(({ frames: [{ id }] }) => id)).toEqual(texts.map(({ id }) => id))
  expect(pushes.map(({ person, after, head, hasArrival }) => [person, after, head, hasArrival])).toEqual([
    ['ü', 2, 3, false],
    ['ü', 3, 4, true],
    ['ü', 4, 5, true],
    ['x', 2, 3, false],
    ['x', 3, 4, true],
    ['x', 4, 5, true],
  ])
})
