import { isBlank } from '@belfry/contracts/check'
import {
  isArgumentElement,
  isLiteralElement,
  isPluralElement,
  isPoundElement,
  isSelectElement,
  type MessageFormatElement,
} from '@formatjs/icu-messageformat-parser'
import type { Text } from './text.ts'

/** Whether something of a text is seen: with all values that its blanks can have, only with some, or never. */
export type Seen = 'always' | 'sometimes' | 'never'

export function seenOf({ elements, places }: Pick<Text, 'elements' | 'places'>): Seen {
  let seen: Seen = 'never'
  for (const element of elements) {
    const one = seenOfElement(element, places)
    if (one === 'always') return one
    if (one === 'sometimes') seen = one
  }
  return seen
}

function seenOfElement(element: MessageFormatElement, places: Text['places']): Seen {
  if (isLiteralElement(element)) return isBlank(element.value) ? 'never' : 'always'
  if (isPluralElement(element) || isSelectElement(element)) {
    const options = new Set(Object.values(element.options).map(({ value }) => seenOf({ elements: value, places })))
    if (options.size > 1 || options.has('sometimes')) return 'sometimes'
    return options.has('always') ? 'always' : 'never'
  }
  if (isPoundElement(element) || !isArgumentElement(element)) return 'always'
  const as = places[element.value]?.as
  return as === 'text' || as === 'list' ? 'sometimes' : 'always'
}
