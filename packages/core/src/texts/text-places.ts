import {
  type DateElement,
  isArgumentElement,
  isDateElement,
  isLiteralElement,
  isNumberElement,
  isNumberSkeleton,
  isPluralElement,
  isSelectElement,
  isTimeElement,
  type MessageFormatElement,
  type NumberElement,
  type TimeElement,
  TYPE,
} from '@formatjs/icu-messageformat-parser'
import type { BlankKind } from './text.ts'
import { checkName, hasHour, type Style, styleOf, tryOut } from './time-styles.ts'
import type { DayStyle, ZoneNeed } from './time-texts.ts'

/** What is written in one place of a text: a blank, and how it is shown. */
export type Place = { readonly blank: string } & (
  | { readonly as: 'text' | 'list' }
  | { readonly as: 'date'; readonly style: Intl.DateTimeFormatOptions; readonly zone: ZoneNeed }
  | { readonly as: 'moment' | 'range'; readonly style: DayStyle }
)

/** Takes out of the elements of a text what this host writes itself, and collects the blanks of the text and its problems. */
export class Places {
  readonly byName: Record<string, Place> = {}
  readonly blanks = new Map<string, BlankKind>()
  readonly problems: string[] = []
  readonly #report = (problem: string): void => void this.problems.push(problem)
  /** All that the text has of its own, one after the other. */
  literals = ''
  #count = 0

  /**
   * Returns the elements with an argument for each text, time and list, whose name leads to its place. `timed` are the blanks whose hour
   * stands beside the elements: their dates need no zone.
   */
  take(elements: readonly MessageFormatElement[], timed: ReadonlySet<string> = new Set()): MessageFormatElement[] {
    const hours = elements.filter(isTime).filter((element) => hasHour(styleOf(element, () => {})))
    const here = new Set([...timed, ...hours.map(({ value }) => value)])
    return elements.map((element): MessageFormatElement => {
      if (isArgumentElement(element)) return this.#place({ as: 'text', blank: element.value }, 'text')
      if (isTime(element)) return this.#takeTime(element, here)
      if (isLiteralElement(element)) this.literals += element.value
      if (isNumberElement(element)) this.#checkNumber(element)
      if (isPluralElement(element) || isSelectElement(element)) {
        this.#note(element.value, isPluralElement(element) ? 'number' : 'text')
        for (const option of Object.values(element.options)) option.value = this.take(option.value, here)
      }
      return element
    })
  }

  #takeTime(element: DateElement | TimeElement, timed: ReadonlySet<string>): MessageFormatElement {
    const { value: blank } = element
    const style = styleOf(element, this.#report)
    if (style.as === 'list') return this.#place({ ...style, blank }, 'list')
    if (style.as !== 'date') return this.#place({ ...style, blank }, style.as === 'range' ? 'range' : 'time')
    return this.#place({ ...withZone(style, timed.has(blank)), blank }, 'time')
  }

  #place(place: Place, kind: BlankKind): MessageFormatElement {
    this.#note(place.blank, kind)
    // No blank has such a name.
    const value = `#${this.#count++}`
    this.byName[value] = place
    return { type: TYPE.argument, value }
  }

  #note(blank: string, kind: BlankKind): void {
    const other = this.blanks.get(blank)
    if (other !== undefined && other !== kind) this.#report(`uses {${blank}} both as ${other} and as ${kind}`)
    this.blanks.set(blank, kind)
  }

  #checkNumber({ value: blank, style }: NumberElement): void {
    this.#note(blank, 'number')
    if (isNumberSkeleton(style)) {
      const options = style.parsedOptions as Intl.NumberFormatOptions
      tryOut(blank, () => new Intl.NumberFormat('en', options), this.#report)
    } else checkName(blank, 'number', style, this.#report)
  }
}

const isTime = (element: MessageFormatElement): element is DateElement | TimeElement =>
  isDateElement(element) || isTimeElement(element)

/** A style that names its zone gets the name that the other times of its reader have. */
function withZone(style: Extract<Style, { as: 'date' }>, hasTimeBeside: boolean) {
  const { timeZoneName, ...zoneless } = style.style
  if (timeZoneName === 'short') return { ...style, style: zoneless, zone: 'always' } as const
  const zone: ZoneNeed = hasHour(style) ? 'time' : hasTimeBeside ? 'never' : 'day'
  return { ...style, zone: timeZoneName === undefined ? zone : 'never' } as const
}
