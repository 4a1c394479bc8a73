import * as user from '@belfry/contracts/user'
import { describe, expect, it } from 'vitest'
import { definePlugin } from '../../src/index.ts'
import { given } from '../../src/testing/index.ts'

/** A plugin that leads people wherever an event says. */
const leading = definePlugin({
  id: 'leading',
  events: user,
  messages: { come: { title: 'Come', body: 'here' } },
  on: { userDeleted: ({ data }, { notify }) => [notify.come('u1', {}, { link: data.userId })] },
})
const led = async (link: string, linkSchemes: readonly string[] = []) => {
  const event = user.userDeleted.create({ source: '/s', id: '1', data: { userId: 'x' } })
  const { told } = await given(leading, { linkSchemes }).when({ ...event, data: { userId: link } })
  return told.u1?.map((one) => one.link)
}

describe('a handler', () => {
  it.each(['/bookings/b1', 'https://elsewhere.example/x', 'http://elsewhere.example'])('leads to %s', async (link) => {
    expect(await led(link)).toEqual([link])
  })

  it.each([
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    ' /x',
    'javascript:alert(1)',
    'myapp://x',
    '/a\u202eb',
  ])('is told that it cannot lead to %j', async (link) => {
    await expect(led(link)).rejects.toThrow(/^EFFECT_INVALID: notify\.come: link is .*, expected a path that starts/)
  })

  it('leads to the schemes that are named, and to none that runs something', async () => {
    expect(await led('myapp://x', ['myapp', 'javascript'])).toEqual(['myapp://x'])
    await expect(led('javascript:x', ['myapp', 'javascript'])).rejects.toThrow(/^EFFECT_INVALID/)
  })

  it('is told that a link is too long', async () => {
    await expect(led(`/${'x'.repeat(2_048)}`)).rejects.toThrow(
      'EFFECT_INVALID: notify.come: link has 2049 characters, expected at most 2048',
    )
  })
})
