ALTER TABLE `clients` ADD `weight` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE `clients` ADD `pending_max` integer;--> statement-breakpoint
ALTER TABLE `clients` ADD `running_max` integer;--> statement-breakpoint
ALTER TABLE `clients` ADD `requests_per_second` integer;