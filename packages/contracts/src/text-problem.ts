/** A name, or a text of several lines, which may have tabs and line breaks. */
export type TextKind = 'line' | 'lines'

/**
 * Returns what is wrong with the characters of a text: `has U+202E at character 5, which nothing closes`. Returns undefined for a text that
 * people can read as it was written.
 */
export function textProblem(text: string, kind: TextKind): string | undefined {
  // Nearly every text ends here, or at the second one.
  if (plain.test(text)) return undefined
  if (isBlank(text)) return `has nothing that can be seen${charactersIn(text)}`
  if (!suspicious.test(text)) return undefined
  const open: { readonly character: string; readonly index: number; readonly closedBy: string }[] = []
  for (const { 0: character, index } of text.matchAll(allSuspicious)) {
    if (isFlag(character) || (kind === 'lines' && /[\t\n\r]/.test(character))) continue
    const closedBy = CLOSED_BY.get(character)
    const last = open.at(-1)
    if (closedBy !== undefined) open.push({ character, index, closedBy })
    else if (!closes.has(character)) return `has ${place(text, index, character)}, ${nameOf(character)}`
    else if (last?.closedBy === character) open.pop()
    // The end of an isolate also ends what was opened in it.
    else if (character === END_OF_ISOLATE && open.some((one) => one.closedBy === character)) break
    else return `has ${place(text, index, character)}, which closes nothing`
  }
  const unclosed = open.at(-1)
  return unclosed && `has ${place(text, unclosed.index, unclosed.character)}, which nothing closes`
}

/** Returns whether a text has nothing that can be seen: only white space, characters without width, and other invisible ones. */
export const isBlank = (text: string): boolean => !visible.test(text)

/** What can be seen, and nothing but ASCII: this costs a tenth of what the classes of Unicode cost. */
const plain = /^[!-~][ -~]*$/

// U+2800 is the Braille pattern without dots, U+1D159 the musical note without a head; U+13430 to U+1343F join hieroglyphs.
const visible =
  /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\ufff9-\ufffb\u2800\u{1d159}\u{13430}-\u{1343f}]/u

const END_OF_EMBEDDING = '\u202c'
const END_OF_ISOLATE = '\u2069'
/** What opens a direction, and what closes it. Direction marks (U+200E, U+200F, U+061C) open nothing. */
const CLOSED_BY: ReadonlyMap<string, string> = new Map([
  ['\u202a', END_OF_EMBEDDING],
  ['\u202b', END_OF_EMBEDDING],
  ['\u202d', END_OF_EMBEDDING],
  ['\u202e', END_OF_EMBEDDING],
  ['\u2066', END_OF_ISOLATE],
  ['\u2067', END_OF_ISOLATE],
  ['\u2068', END_OF_ISOLATE],
])
const closes: ReadonlySet<string> = new Set(CLOSED_BY.values())

/** The flags of England, Scotland and Wales are a black flag and tags; a tag that is in no flag hides words. */
const FLAG = '\\u{1f3f4}[\\u{e0030}-\\u{e0039}\\u{e0061}-\\u{e007a}]{1,6}\\u{e007f}'
const suspicious = /[\p{Cc}\u2028-\u202e\u2066-\u206f\ufff9-\ufffb\p{Noncharacter_Code_Point}\u{e0000}-\u{e007f}]/u
const allSuspicious = new RegExp(`${FLAG}|${suspicious.source}`, 'gu')
const isFlag = (match: string): boolean => match.startsWith('\u{1f3f4}')

const NAMES: readonly (readonly [characters: RegExp, name: string])[] = [
  [/[\n\r]/, 'a line break'],
  [/\p{Cc}/u, 'a control character'],
  [/\u2028/, 'a line separator'],
  [/\u2029/, 'a paragraph separator'],
  [/[\u206a-\u206f]/, 'a format character that is deprecated'],
  [/[\ufff9-\ufffb]/, 'a mark of annotations'],
  [/\p{Noncharacter_Code_Point}/u, 'which is not a character'],
]
const nameOf = (character: string): string =>
  NAMES.find(([characters]) => characters.test(character))?.[1] ?? 'a tag, which is invisible'

/** A character and where it stands; an emoji counts as one. */
const place = (text: string, index: number, character: string): string =>
  `${codeOf(character)} at character ${Array.from(text.slice(0, index)).length + 1}`

const codeOf = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`

const SHOWN = 3

/** The first different characters of a blank text: `, only U+200B`. */
function charactersIn(text: string): string {
  const codes = [...new Set(text.slice(0, 100))].map(codeOf)
  if (codes.length === 0) return ''
  return `, only ${codes.slice(0, SHOWN).join(', ')}${codes.length > SHOWN ? ' and others' : ''}`
}
