CREATE TABLE "deliveries" (
	"event_id" text PRIMARY KEY NOT NULL,
	"claim" uuid NOT NULL,
	"claimed_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"accepted_at" timestamp (3) with time zone,
	"channel" text,
	"recipient" text,
	"provider_message_id" text
);
--> statement-breakpoint
CREATE INDEX "deliveries_claimed_at" ON "deliveries" USING btree ("claimed_at");