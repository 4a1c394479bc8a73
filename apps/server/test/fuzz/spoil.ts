import fc from 'fast-check'
import { oddJson } from './values.ts'

type Harm = 'replaced' | 'missing' | 'joined' | 'twice'

/** What is done to one place of a JSON value. */
interface Spoiler {
  /** Which entry is entered at each level; it is taken modulo how many there are. */
  readonly way: readonly number[]
  readonly harm: Harm
  readonly name: string
  readonly odd: string
}

const spoiler: fc.Arbitrary<Spoiler> = fc.record({
  way: fc.array(fc.nat(20), { minLength: 1, maxLength: 3 }),
  harm: fc.constantFrom<Harm>('replaced', 'missing', 'joined', 'twice'),
  name: fc.oneof(fc.constantFrom('__proto__', 'constructor', 'toString', 'x', ''), fc.string({ maxLength: 8 })),
  odd: oddJson,
})

/** JSON of values, each with something wrong at one place: another type, a field too few, too many or twice. */
export const spoiled = (values: fc.Arbitrary<unknown>): fc.Arbitrary<string> =>
  fc.tuple(values, spoiler).map(([value, how]) => spoil(value, how))

function spoil(value: unknown, how: Spoiler): string {
  const [step, ...way] = how.way
  if (step === undefined || typeof value !== 'object' || value === null) return how.odd
  const list = Array.isArray(value)
  const entries = Object.entries(value).map(([name, one]) => ({ name, text: JSON.stringify(one), one }))
  const [open, close] = list ? ['[', ']'] : ['{', '}']
  const written = ({ name, text }: { name: string; text: string }) => (list ? text : `${JSON.stringify(name)}:${text}`)
  const chosen = entries[step % Math.max(entries.length, 1)]
  const harmed = entries.flatMap((entry) => {
    if (entry !== chosen) return [entry]
    if (way.length > 0) return [{ ...entry, text: spoil(entry.one, { ...how, way }) }]
    if (how.harm === 'missing') return []
    if (how.harm === 'joined') return [entry, { ...entry, name: how.name, text: how.odd }]
    return how.harm === 'twice' ? [entry, { ...entry, text: how.odd }] : [{ ...entry, text: how.odd }]
  })
  return `${open}${harmed.map(written).join(',')}${close}`
}
