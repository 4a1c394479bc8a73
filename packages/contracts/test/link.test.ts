import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { notificationRequested } from '../src/events/notification.ts'
import { isLink, linkSchemes } from '../src/link.ts'

const named = linkSchemes(['myapp'])
const own = 'https://app.example'

const good = [
  '/',
  '/bookings/b1?tab=2#notes',
  '/a//b',
  '/%2f%2fevil.example',
  '/%0a/x',
  '/search?next=//evil.example&q=a@b',
  '/@evil.example',
  '/räume/鐘',
  'https://elsewhere.example/x',
  'HTTPS://elsewhere.example:8443?x',
  'http://[::1]:8080/x',
  'https://elsewhere.example/@u?mail=a@b',
  'myapp://bookings/b1',
  'MyApp:bookings',
]
const bad = [
  '',
  'bookings/b1',
  '?x',
  '#x',
  '//evil.example',
  '///evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '\t//evil.example',
  ' //evil.example',
  ' /bookings',
  '/bookings ',
  '/a b',
  '/a\u00a0b',
  '/a\u3000b',
  '/a\u2028b',
  '/a\u0085b',
  '/a\u0000b',
  '/a\u200eb',
  '/a\u202eb',
  '/a\u2066b',
  '/a\u061cb',
  '/a\u200bb',
  '/a\ufeffb',
  '/a\\b',
  '/.//evil.example',
  '/a/..//evil.example',
  '/%2E//evil.example',
  'javascript:alert(1)',
  'JavaScript:alert(1)',
  'java\nscript:alert(1)',
  '\u0001javascript:alert(1)',
  'data:text/html,x',
  'vbscript:x',
  'file:///etc/passwd',
  'blob:https://app.example/x',
  'about:blank',
  'https:evil.example',
  'https:/evil.example',
  'https:///evil.example',
  'https://',
  'https://?x',
  'https:\\\\evil.example',
  'https://app.example@evil.example',
  'https://app.example:pw@evil.example/',
  'https://@evil.example',
  'https://a b.example',
  'https://%/',
  'http://[evil',
  'http://elsewhere.example:99999',
  'otherapp://x',
  'ftp://elsewhere.example',
  'mailto:a@b',
  '/\ud800',
]

describe('a link', () => {
  it.each(good)('may be %j', (link) => {
    expect(isLink(link, named)).toBe(true)
  })

  it.each(bad)('must not be %j', (link) => {
    expect(isLink(link, named)).toBe(false)
  })

  it('with the scheme of an app is valid if the configuration has the scheme, and in contracts, which do not have the configuration', () => {
    expect([isLink('otherapp://x'), isLink('otherapp://x', named)]).toEqual([true, false])
    expect([isLink('javascript:x'), isLink('javascript:x', linkSchemes(['javascript']))]).toEqual([false, false])
  })

  it('leads where it says, whatever it is made of: to us, or openly elsewhere', () => {
    const part = fc.constantFrom(
      ...['/', '\\', '.', '..', '%2e', '%2F', ':', '@', '?', '#', '//', 'https:', 'http:', 'HTTP://', 'myapp:', 'ftp:'],
      ...['javascript:', 'JAVA', 'script:', 'data:', 'evil.example', 'app.example', 'a', '[::1]', ':80', 'u:p@', '；'],
      ...[
        '\t',
        '\n',
        '\r',
        ' ',
        '\0',
        '\u0001',
        '\u00a0',
        '\u200b',
        '\u202e',
        '\ufeff',
        '／',
        '＼',
        '\u3002',
        '\ud83d\ude00',
      ],
    )
    const anyLink = fc.oneof(
      fc.array(part, { maxLength: 8 }).map((parts) => parts.join('')),
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.string({ unit: 'binary', maxLength: 12 }).map((rest) => `/${rest}`),
      fc.string({ unit: 'binary', maxLength: 12 }).map((rest) => `https://${rest}`),
    )
    fc.assert(
      fc.property(anyLink, (link) => {
        if (!isLink(link, named)) return
        const target = new URL(link, own)
        if (link.startsWith('/')) {
          expect(target.origin).toBe(own)
          // Neither does its path, read again by a page that takes it for a link of ours.
          expect(new URL(target.pathname, own).origin).toBe(own)
        } else if (/^https?:\/\//i.test(link)) {
          expect(['http:', 'https:']).toContain(target.protocol)
          expect([target.username, target.password]).toEqual(['', ''])
          expect(target.host).not.toBe('')
        } else expect(target.protocol).toBe('myapp:')
      }),
      { seed: 5, numRuns: 20_000 },
    )
  })

  it('of an event is refused with what is expected', () => {
    const problems = (link: string) => {
      const checked = notificationRequested.check({
        specversion: '1.0',
        id: '1',
        source: '/s',
        type: 'notification.requested',
        data: { requestId: 'r', to: { users: ['u'] }, title: 't', body: 'b', link },
      })
      return checked.ok ? [] : checked.problems
    }
    expect(problems('/x')).toEqual([])
    expect(problems('//evil.example')).toEqual([
      {
        path: '/data/link',
        message: expect.stringMatching(/^is "\/\/evil\.example", expected a path that starts with/),
      },
    ])
  })
})
