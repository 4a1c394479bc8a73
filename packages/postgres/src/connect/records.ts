import { type RawBuilder, sql } from 'kysely'
import { type BinaryTypeName, binaryArray, isBinaryTypeName } from './binary-array.ts'

/** A column of `records`. */
interface Column {
  /** The property of the rows. */
  readonly property: string
  readonly type: BinaryTypeName
  /** The values are arrays of text. */
  readonly isArray: boolean
}

/** Columns as they are declared: the statement's text around the parameters, and what each of these is written from. */
interface Shape {
  readonly columns: readonly Column[]
  readonly texts: TemplateStringsArray
}

/** A row: its properties by name. */
export type Row = Readonly<Record<string, unknown>>

/** Each declaration is parsed once. There are some dozens in all. */
const shapes = new Map<string, Shape>()

/**
 * Rows as one table `r`: `from ${records(rows, 'person text, seq int')}`. Each column is one parameter, an array in binary form, so that a
 * statement is the same for one row and for two thousand, and none of it is parsed as text. A property that is absent is null. The arrays
 * stand in selects of their own, so that the planner does not count their elements: it expects a few rows, and finds what belongs to each
 * by an index, whatever the first executions had.
 * @throws TypeError for a text with a lone surrogate
 */
export function records(rows: readonly Row[], columns: string): RawBuilder<unknown> {
  const shape = shapes.get(columns) ?? shapeOf(columns)
  shapes.set(columns, shape)
  return sql(shape.texts, ...shape.columns.map((column) => valuesOf(rows, column)))
}

function valuesOf(rows: readonly Row[], { property, type, isArray }: Column): Buffer | null {
  const values = rows.map((row) => row[property])
  return binaryArray(type, isArray ? values.map(arrayText) : values)
}

/** A list of texts as Postgres reads an array. */
const arrayText = (value: unknown): string | undefined =>
  Array.isArray(value) ? `{${value.map((text) => `"${String(text).replace(/["\\]/g, '\\$&')}"`).join()}}` : undefined

/** `person text collate "C", roles text[]` as columns, and the statement that reads them. */
function shapeOf(declared: string): Shape {
  const parsed = declared.split(',').map((one) => {
    const [, quoted = '', type = '', array, collation] =
      /^\s*("?\w+"?)\s+(\w+)(\[\])?(\s+collate "C")?\s*$/.exec(one) ?? []
    if (!isBinaryTypeName(type)) throw new Error(`"${one}" is not a column of records`)
    const isArray = array !== undefined
    const cast = isArray ? `::${type}[]` : ''
    return {
      quoted,
      read: `${quoted}${cast}${collation ?? ''} as ${quoted}`,
      column: { property: quoted.replaceAll('"', ''), type: isArray ? ('text' as const) : type, isArray },
    }
  })
  const names = parsed.map(({ quoted }) => quoted).join(', ')
  const texts = [
    `(select ${parsed.map(({ read }) => read).join(', ')} from unnest((select `,
    ...parsed.map(({ column: { type } }, index) => `::${type}[])${index === parsed.length - 1 ? '' : ', (select '}`),
  ]
  texts.push(`${texts.pop() ?? ''}) as u(${names})) as r`)
  return { columns: parsed.map(({ column }) => column), texts: Object.assign(texts, { raw: texts }) }
}

/** A text that Postgres accepts, with replacement characters for what it refuses. */
export const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '\ufffd')
