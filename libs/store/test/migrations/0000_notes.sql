CREATE TABLE "notes" (
	"id" bigint PRIMARY KEY NOT NULL,
	"text" text NOT NULL,
	"details" jsonb,
	"price" numeric,
	"written_at" timestamp with time zone DEFAULT now() NOT NULL,
	"read_at" timestamp with time zone,
	CONSTRAINT "notes_text_unique" UNIQUE("text")
);
