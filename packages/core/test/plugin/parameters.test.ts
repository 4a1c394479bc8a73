import type { Time } from '@belfry/contracts'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { createHost, definePlugin, type ParametersOf } from '../../src/index.ts'

type Of<Title extends string> = ParametersOf<{ title: Title; body: '' }>

describe('the compiler reads a text', () => {
  it('and knows each blank by its kind', () => {
    // biome-ignore lint/complexity/noBannedTypes: no blank at all
    expectTypeOf<Of<'nothing to fill'>>().toEqualTypeOf<{}>()
    expectTypeOf<Of<'{a} and { b }'>>().toEqualTypeOf<{ readonly a: string; readonly b: string }>()
    expectTypeOf<Of<'{n, number} {m, number, ::compact-short}'>>().toEqualTypeOf<{
      readonly n: number
      readonly m: number
    }>()
    expectTypeOf<Of<'{at, date, full} {at, time, short}'>>().toEqualTypeOf<{ readonly at: Time }>()
    expectTypeOf<Of<'{at, moment} {by, moment, short}'>>().toEqualTypeOf<{ readonly at: Time; readonly by: Time }>()
    expectTypeOf<Of<'{when, range} { was , range , short }'>>().toEqualTypeOf<{
      readonly when: { readonly start: Time; readonly end: Time }
      readonly was: { readonly start: Time; readonly end: Time }
    }>()
    expectTypeOf<Of<'{roles, list}'>>().toEqualTypeOf<{ readonly roles: readonly string[] }>()
    expectTypeOf<Of<'{n, plural, =0 {none of {what}} one {# {what}} other {#}}'>>().toEqualTypeOf<{
      readonly n: number
      readonly what: string
    }>()
    expectTypeOf<Of<'{n, selectordinal, one {#st} other {#th}}'>>().toEqualTypeOf<{ readonly n: number }>()
    expectTypeOf<Of<'{x, select, a {{y, select, b {{z}} other {}}} other {}} {w}'>>().toEqualTypeOf<{
      readonly x: string
      readonly y: string
      readonly z: string
      readonly w: string
    }>()
  })

  it('with what is quoted taken literally', () => {
    expectTypeOf<Of<"it's {a}, it''s '{b}' and '{c {d}'">>().toEqualTypeOf<{ readonly a: string }>()
  })

  it('over several lines', () => {
    expectTypeOf<Of<'{n, plural,\n  one {#}\n  other {{many}}\n}'>>().toEqualTypeOf<{
      readonly n: number
      readonly many: string
    }>()
  })

  it('of title and body together', () => {
    expectTypeOf<ParametersOf<{ title: '{a}'; body: '{a} {b, number}' }>>().toEqualTypeOf<{
      readonly a: string
      readonly b: number
    }>()
  })
})

describe('the compiler and the host', () => {
  // The blanks as the compiler sees them are written down by hand; the host tells them by what it finds missing.
  const texts = {
    plain: ['{a} and { b }', ['a', 'b']],
    nested: ['{x, select, a {{y, select, b {{z}} other {}}} other {}} {w}', ['x', 'y', 'z', 'w']],
    quoted: ["it's {a}, it''s '{b}' and '{c {d}'", ['a']],
    lines: ['{n, plural,\n  one {#}\n  other {{many}}\n}', ['n', 'many']],
    kinds: ['{n, number} {at, date, ::yMMMd} {o, selectordinal, other {#}}', ['n', 'at', 'o']],
    ours: ['{ when , range , short } {at,moment} {n, plural, other {{roles, list}}}', ['when', 'at', 'n', 'roles']],
  } as const

  it.each(Object.entries(texts))('agree about a text: %s', async (_name, [title, blanks]) => {
    const plugin = {
      ...definePlugin({ id: 'p', events: {}, on: {} }),
      messages: { m: { title, body: '' } },
      translations: { de: { m: { title: 'm', body: '' } } },
    }
    const { warnings } = createHost({ plugins: [plugin] })
    expect(warnings).toEqual(blanks.map((blank) => `plugin p: translations.de.m does not use {${blank}}`))
  })
})
