import type { NotifyEffect } from '@belfry/core'
import type { Origin } from '../events/entries.ts'

/** A notification or a withdrawal for more people than one transaction should hold. */
export type FanOut =
  | {
      readonly kind: 'notify'
      readonly plugin: string
      readonly effect: NotifyEffect
      readonly origin: Origin
      /** The people who were named, and those who were in each audience at this point. */
      readonly parts: readonly FanOutPart[]
      /** Everyone made before `upTo`, except some. */
      readonly everyone?: { readonly upTo: number; readonly except: readonly string[] }
    }
  | { readonly kind: 'withdraw'; readonly plugin: string; readonly key: string; readonly origin: Origin }

/** People who are told because they were named, or as one audience. */
export interface FanOutPart {
  /** Absent where they were named. */
  readonly audience?: string
  readonly people: readonly string[]
}
