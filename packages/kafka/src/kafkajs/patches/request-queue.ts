import { internal, replace } from '../internals/internals.ts'

/** kafkajs set a timer after every answer, with a negative time where nothing was throttled: that cost CPU, and Node warned of it. */
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
