ALTER TABLE `tasks` ADD `request_id` text;--> statement-breakpoint
ALTER TABLE `tasks` ADD `trace_parent` text;