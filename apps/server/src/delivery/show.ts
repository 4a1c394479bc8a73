import { isLink, linkSchemes } from '@belfry/contracts'
import type { Notification } from '@belfry/core'

/** A notification as it leaves the server. */
export type Show = (notification: Notification) => Notification

/**
 * Leaves out links that break the rule of today: they were kept before there was one, or while other schemes were named. The rest of the
 * notification stays.
 */
export function createShow(schemes: readonly string[]): Show {
  const named = linkSchemes(schemes)
  return (notification) => {
    if (notification.link === undefined || isLink(notification.link, named)) return notification
    const { link: _, ...rest } = notification
    return rest
  }
}
