import { inside, replace } from '../internals.ts'

type Schedule = (this: { readonly pending: readonly unknown[] }) => void

/** It set a timer after every answer, with a negative time when nothing was throttled: idle CPU, and a warning of Node's. */
export function patchRequestQueue(): void {
  replace<Schedule>(
    inside('network/requestQueue', 'prototype'),
    'scheduleCheckPendingRequests',
    (schedule) =>
      function () {
        if (this.pending.length > 0) schedule.call(this)
      },
  )
}
