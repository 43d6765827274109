CREATE TABLE "inbox" (
	"event_id" text NOT NULL,
	"processor" text NOT NULL,
	"replay_id" text DEFAULT '' NOT NULL,
	"result" json,
	"processed_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "inbox_event_id_processor_replay_id_pk" PRIMARY KEY("event_id","processor","replay_id")
);
--> statement-breakpoint
CREATE INDEX "inbox_processed_at" ON "inbox" USING btree ("processed_at");