CREATE INDEX `leftovers_of_task` ON `leftovers` (`task_id`);--> statement-breakpoint
CREATE INDEX `leftovers_due` ON `leftovers` (`not_before_ms`);