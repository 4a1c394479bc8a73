import { bookingPlugin } from '@belfry/plugin-booking'
import { conflictPlugin } from '@belfry/plugin-conflict'
import { notificationPlugin } from '@belfry/plugin-notification'
import { resourcePlugin } from '@belfry/plugin-resource'
import { userPlugin } from '@belfry/plugin-user'
import { waitlistPlugin } from '@belfry/plugin-waitlist'

/** What rings. */
export default [bookingPlugin, waitlistPlugin, conflictPlugin, userPlugin, resourcePlugin, notificationPlugin]
