export type { EventName, Fields } from './event.js';
export { NotificationSent, notificationChannels, type NotificationChannel } from './notification-sent.js';
export { streams } from './streams.js';
export { UserMetadataRecorded } from './user-metadata-recorded.js';
export { UserSignedUp } from './user-signed-up.js';
