export { waitlistPlugin } from './waitlist-plugin.ts'
