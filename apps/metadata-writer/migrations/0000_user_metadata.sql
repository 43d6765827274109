CREATE TABLE "user_metadata" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"email_domain" text,
	"locale" text,
	"signed_up_at" timestamp (3) with time zone,
	"notification_state" text DEFAULT 'pending' NOT NULL,
	"notification_channel" text,
	"notification_at" timestamp (3) with time zone,
	"rest" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
