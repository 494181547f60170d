#pragma once
#include <string>

namespace retrovue::framebus::adversity {

/// An engine that obeys lines on its standard input, for tests in other languages: says
/// {"path":…,"memoryBytes":…, "first":…,"ticks":…} once its bus is made, or {"error":code,"message":…}.
///
///   air N     hands N painted ticks over            gap N     lets N guard times go by
///   lane      opens a lane and leaves it            retire N  ends its own worker and retires lane N
///
/// and answers each with {"head":…,"objectBytes":…,"failed":code or "","readers":[…]}. Ends with its input.
int engineProgram(const std::string& directory, const std::string& prefix, const std::string& engineId);

/// Opens the bus at `path`, says {"status":…,"head":…,"pid":…}, and again for each line of its input, until
/// that ends.
int readerProgram(const std::string& path);

}  // namespace retrovue::framebus::adversity
