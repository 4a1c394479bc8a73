import { internal, replace } from '../internals/internals.ts'

/** It set a timer after every answer, with a negative time when nothing was throttled: idle CPU, and a warning of Node's. */
export function patchRequestQueue(): void {
  replace(
    internal('requestQueue'),
    'scheduleCheckPendingRequests',
    (schedule) =>
      function () {
        if (this.pending.length > 0) schedule.call(this)
      },
  )
}
